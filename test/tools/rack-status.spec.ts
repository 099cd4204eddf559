import assert from "node:assert/strict";
import { formatStatus, readStatus } from "../../tools/rack/status";

const node = (
  name: string,
  options: { tray?: boolean; lost?: boolean } = {},
): Parameters<typeof readStatus>[0][number] => ({
  metadata: { name, labels: options.tray === false ? {} : { "nvidia.com/gpu.present": "true" } },
  spec: options.lost ? { taints: [{ key: "sim.rack/lost" }] } : {},
});

const pod = (
  name: string,
  nodeName?: string,
  role = "decode",
  ready = true,
): Parameters<typeof readStatus>[1][number] => ({
  metadata: { name, namespace: "client1", labels: { "nvl72/client": "client1", "nvl72/role": role } },
  spec: nodeName === undefined ? {} : { nodeName },
  status: {
    conditions: [
      ready
        ? { type: "Ready", status: "True" }
        : {
            type: "PodScheduled",
            status: "False",
            message: "0/3 nodes: no gpu. still not schedulable, preemption: none",
          },
    ],
  },
});

describe("the status of a rack", () => {
  it("shows who is on which tray, and who waits for one", () => {
    const status = readStatus(
      [node("host-0", { tray: false }), node("tray-00"), node("tray-01"), node("tray-02", { lost: true })],
      [
        pod("decode-0", "tray-00"),
        pod("router-1", "host-0", "router"),
        ...["1", "2", "3", "4", "5", "6"].map((index) => pod(`decode-${index}`, undefined, "decode", false)),
        { ...pod("daemon", "tray-00"), metadata: { name: "daemon", namespace: "nvidia-dra-driver-gpu" } },
      ],
      [{ metadata: { name: "dom", namespace: "client1" }, status: { status: "Ready", nodes: [{ name: "tray-00" }] } }],
    );
    assert.equal(
      formatStatus(status),
      `3 trays x 4 GPUs: 1 used, 1 free, 1 lost
  host-0   client1  router  client1/router-1  ready
  tray-00  client1  decode  client1/decode-0  ready
  tray-01  free
  tray-02  lost
compute domains
  client1/dom  Ready  1 trays
waiting for a place
  client1/decode-1, client1/decode-2, client1/decode-3, client1/decode-4 and 2 more
      0/3 nodes: no gpu`,
    );
  });

  it("knows a pod without labels by its namespace", () => {
    const bare = { metadata: { name: "p", namespace: "ns" }, spec: { nodeName: "tray-00" }, status: {} };
    const [tray] = readStatus([node("tray-00")], [bare], []).nodes;
    assert.deepEqual(tray?.pods, [{ name: "ns/p", client: "ns", role: "", ready: false, leaving: false }]);
  });
});
