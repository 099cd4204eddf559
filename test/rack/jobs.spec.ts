import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { kubectl, kubectlGet, rackDown, rackUp, setJobProxy, type Rack } from "../../tools/rack/simulated-rack";
import { mockEngine } from "../support/mock-engine";
import { claimedDirectory } from "./claimed-directory";
import { eventually } from "./eventually";

const namespace = "work";

const greet = `
import os, sys
print("\\n".join(f"{name}={os.environ.get(name)}" for name in sys.argv[1].split(",")))
with open(os.path.join(os.environ["OUT"], "greeting"), "w") as f:
    f.write(open(os.path.join(os.environ["SCRIPTS"], "greeting.txt")).read())
`;

const config = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "scripts", namespace },
  data: { "greet.py": greet, "greeting.txt": "hello\n", level: "3" },
};

const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "keys", namespace },
  stringData: { admin: "canary" },
};

interface JobParts {
  readonly command: readonly string[];
  readonly container?: object;
  readonly pod?: object;
  readonly job?: object;
}

function job(name: string, { command, container, pod, job }: JobParts): unknown {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      ...job,
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "main", image: "example/tools:1", command, ...container }],
          ...pod,
        },
      },
    },
  };
}

const python = (script: string): JobParts => ({ command: ["python3", "-c", script] });

interface JobObject {
  readonly status: {
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

interface PodObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly phase: string;
    readonly podIP: string;
    readonly containerStatuses: readonly {
      readonly restartCount: number;
      readonly state: { readonly terminated?: { exitCode: number; reason: string; message?: string } };
    }[];
  };
}

describe("jobs on the simulated rack", function () {
  this.timeout(120_000);
  let rack: Rack;
  const shared = mkdtempSync(join(tmpdir(), "nvl72-shared-"));

  before(async () => {
    rack = await rackUp({ state: mkdtempSync(join(tmpdir(), "nvl72-rack-")), trays: 2, ray: false });
    await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await create(config, secret, ...claimedDirectory("shared", namespace, shared));
  });
  after(async () => {
    await rackDown(rack);
    rmSync(shared, { recursive: true });
  });

  async function create(...objects: readonly unknown[]): Promise<void> {
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const { code, stderr } = await kubectl(rack, ["create", "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  }

  const podsOf = async (name: string): Promise<readonly PodObject[]> =>
    (
      await kubectlGet<{ items: PodObject[] }>(rack, [
        ...["pods", "-n", namespace, "-l", `batch.kubernetes.io/job-name=${name}`],
      ])
    ).items;

  /** The reason with which a job ended, after the condition that says so. */
  async function end(name: string, type: "Complete" | "Failed"): Promise<JobObject & { readonly reason?: string }> {
    return eventually(30, async () => {
      const found = await kubectlGet<JobObject>(rack, ["job", name, "-n", namespace]);
      const condition = found.status.conditions?.find((each) => each.type === type && each.status === "True");
      assert.ok(condition !== undefined, JSON.stringify(found.status));
      return { ...found, ...(condition.reason === undefined ? {} : { reason: condition.reason }) };
    });
  }

  /** What kubectl prints, byte for byte. */
  async function logs(what: string, ...options: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(
      join(rack.bin, "kubectl"),
      ["--kubeconfig", rack.kubeconfig, "--cache-dir", join(rack.state, "cache"), "logs", "-n", namespace, what].concat(
        options,
      ),
      { encoding: "buffer", maxBuffer: 1e8 },
    );
    return stdout.toString("latin1");
  }

  async function terminated(name: string): Promise<readonly unknown[]> {
    return (await podsOf(name)).map(({ status }) => {
      const { exitCode, reason, message } = status.containerStatuses[0]?.state.terminated ?? {};
      return { phase: status.phase, exitCode, reason, message };
    });
  }

  it("run a script of a ConfigMap with the pod's environment, and write to a claim", async () => {
    await create(
      job("greet", {
        command: ["python3", "/scripts/greet.py"],
        container: {
          args: ["POD,NAMESPACE,IP,NODE,LEVEL,KEY,GREETING,OUT,http_proxy,KUBECONFIG"],
          env: [
            { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
            { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
            { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
            { name: "LEVEL", valueFrom: { configMapKeyRef: { name: "scripts", key: "level" } } },
            { name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "admin" } } },
            { name: "GREETING", value: "$(POD) at level $(LEVEL), $(UNKNOWN) and $$(POD), /outside" },
            { name: "SCRIPTS", value: "/scripts" },
            { name: "OUT", value: "/out/" },
          ],
          volumeMounts: [
            { name: "scripts", mountPath: "/scripts", readOnly: true },
            { name: "out", mountPath: "/out", subPath: "of/greet" },
          ],
        },
        pod: {
          volumes: [
            { name: "scripts", configMap: { name: "scripts" } },
            { name: "out", persistentVolumeClaim: { claimName: "shared" } },
          ],
        },
      }),
    );
    assert.equal((await end("greet", "Complete")).status.succeeded, 1);
    const [pod, ...others] = await podsOf("greet");
    assert.ok(pod !== undefined && others.length === 0);
    assert.match(pod.spec.nodeName, /^host-/);
    assert.deepEqual((await logs("job/greet")).split("\n"), [
      `POD=${pod.metadata.name}`,
      `NAMESPACE=${namespace}`,
      `IP=${pod.status.podIP}`,
      `NODE=${pod.spec.nodeName}`,
      "LEVEL=3",
      "KEY=canary",
      `GREETING=${pod.metadata.name} at level 3, $(UNKNOWN) and $(POD), /outside`,
      `OUT=${shared}/of/greet/`,
      "http_proxy=None",
      "KUBECONFIG=None",
      "",
    ]);
    assert.equal(readFileSync(join(shared, "of", "greet", "greeting"), "utf8"), "hello\n");
  });

  it("give back every byte of 300 kB, of both streams, and the end alone", async () => {
    await create(
      job(
        "chatter",
        python(
          "import sys\nfor i in range(30000): print('%09d' % i, flush=i % 2 == 0)\n" +
            "sys.stdout.flush(); sys.stderr.buffer.write(b'end\\xff without a newline')",
        ),
      ),
    );
    await end("chatter", "Complete");
    const lines = Array.from({ length: 30_000 }, (_, i) => `${String(i).padStart(9, "0")}\n`);
    const printed = `${lines.join("")}end\xff without a newline`;
    const [pod] = await podsOf("chatter");
    assert.ok((await logs("job/chatter")) === printed);
    assert.ok((await logs(`pod/${pod?.metadata.name}`)) === printed);
    assert.equal(await logs("job/chatter", "--tail=2"), "000029999\nend\xff without a newline");
    assert.equal(await logs("job/chatter", "--limit-bytes=12"), "000000000\n00");
  });

  it("can be followed while they run", async () => {
    await create(
      job("slow", python("import time\nfor i in range(3): print(i, flush=True); time.sleep(0.3)\nprint('done')")),
    );
    await eventually(10, async () => assert.equal((await podsOf("slow"))[0]?.status.phase, "Running"));
    assert.equal(await logs("job/slow", "--follow"), "0\n1\n2\ndone\n");
  });

  it("reach names of pods where the test says that they resolve, and read what engines wrote to a claim", async () => {
    const host = `decode-0.decode.${namespace}`;
    const mock = await mockEngine({
      load: { layers: 4, denseLayers: 1, experts: 8, topK: 2, seed: 1, tokensPerSecond: 1000 },
      leaders: [{ host, directory: join(shared, "of", "decode"), bufferSteps: 10 }],
    });
    setJobProxy(rack, mock.url);
    try {
      const url = `http://${host}:30000/`;
      await create(
        job("record", {
          ...python(
            "import os, urllib.request\n" +
              "for call in ('start', 'dump'):\n" +
              `    urllib.request.urlopen('${url}' + call + '_expert_distribution_record', data=b'')\n` +
              "for file in os.listdir('/recordings'): print(file, os.path.getsize('/recordings/' + file))",
          ),
          container: { volumeMounts: [{ name: "recordings", mountPath: "/recordings", subPath: "of/decode" }] },
          pod: { volumes: [{ name: "recordings", persistentVolumeClaim: { claimName: "shared" } }] },
        }),
      );
      await end("record", "Complete");
      assert.match(await logs("job/record"), /^expert_distribution_recorder_\d+\.\d+\.pt \d{4}\n$/);
      assert.deepEqual(
        mock.requests.map(({ method, path, status }) => `${method} ${path} ${status}`),
        ["POST /start_expert_distribution_record 200", "POST /dump_expert_distribution_record 200"],
      );
    } finally {
      setJobProxy(rack);
      await mock.close();
    }
  });

  it("fail with what they said last, after as many tries as they have", async () => {
    await create(
      job("broken", {
        ...python("import sys; print('before'); sys.exit('no leader answers')"),
        container: { terminationMessagePolicy: "FallbackToLogsOnError" },
        job: { backoffLimit: 1 },
      }),
    );
    const { status, reason } = await end("broken", "Failed");
    assert.deepEqual([reason, status.failed, status.succeeded], ["BackoffLimitExceeded", 2, undefined]);
    const failed = { phase: "Failed", exitCode: 1, reason: "Error", message: "no leader answers\nbefore\n" };
    assert.deepEqual(await terminated("broken"), [failed, failed]);
  });

  it("fail with what they wrote as their termination message", async () => {
    await create(
      job("reasoned", {
        command: ["sh", "-c", "echo too little traffic > /dev/termination-log; exit 3"],
      }),
    );
    await end("reasoned", "Failed");
    assert.deepEqual(await terminated("reasoned"), [
      { phase: "Failed", exitCode: 3, reason: "Error", message: "too little traffic\n" },
    ]);
  });

  it("fail when they cannot start, and say why", async () => {
    await create(job("nothing", { command: ["no-such-program"] }));
    await end("nothing", "Failed");
    const message = 'exec: "no-such-program": executable file not found in $PATH';
    assert.deepEqual(await terminated("nothing"), [{ phase: "Failed", exitCode: 128, reason: "StartError", message }]);
  });

  /** Runs until it is killed, with a child that does the same; says both process ids. */
  const endless = python(
    "import os, subprocess, time\n" +
      "child = subprocess.Popen(['sleep', '1000'])\nprint(os.getpid(), child.pid, flush=True)\ntime.sleep(1000)",
  );

  async function processes(name: string): Promise<readonly number[]> {
    return eventually(10, async () => {
      const ids = (await logs(`job/${name}`)).trim().split(" ").map(Number);
      assert.equal(ids.length, 2);
      assert.ok(ids.every((id) => existsSync(`/proc/${id}`)));
      return ids;
    });
  }

  const gone = (ids: readonly number[]): Promise<void> =>
    eventually(10, async () => assert.deepEqual(await Promise.resolve(ids.filter(lives)), []));

  it("end with every process when they are deleted", async () => {
    await create(job("deleted", endless));
    const ids = await processes("deleted");
    assert.equal((await kubectl(rack, ["delete", "job", "deleted", "-n", namespace])).code, 0);
    await gone(ids);
    assert.deepEqual(await podsOf("deleted"), []);
  });

  it("end with every process at their deadline", async () => {
    await create(job("late", { ...endless, job: { activeDeadlineSeconds: 3 } }));
    const ids = await processes("late");
    assert.equal((await end("late", "Failed")).reason, "DeadlineExceeded");
    await gone(ids);
  });

  it("leave other pods alone: those run nothing, and have no logs", async () => {
    const containers = [{ name: "main", image: "example/tools:1", command: ["python3", "-c", "print(1)"] }];
    await create({ apiVersion: "v1", kind: "Pod", metadata: { name: "idle", namespace }, spec: { containers } });
    await eventually(10, async () => {
      const { status } = await kubectlGet<PodObject>(rack, ["pod", "idle", "-n", namespace]);
      assert.equal(status.phase, "Running");
    });
    const { code, stderr } = await kubectl(rack, ["logs", "-n", namespace, "idle"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /not found|could not find|nothing runs/i);
  });

  it("end with every process when the rack does", async () => {
    await create(job("orphan", endless));
    const ids = await processes("orphan");
    await rackDown(rack);
    await gone(ids);
  });
});

/** Whether a process runs; one that waits to be reaped does not. */
function lives(id: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
  } catch {
    return false;
  }
}
