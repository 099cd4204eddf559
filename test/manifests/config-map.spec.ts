import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkPlacementFile, configMapName, expertPlacementConfigMap } from "../../src/manifests/config-map";

const file = {
  namespace: "client1",
  client: "client1",
  name: "client1-decode-experts",
  key: "placement.json",
  content: '{"physical_to_logical_map":[[0,1]]}',
};

describe("an expert placement's ConfigMap", () => {
  it("is immutable and named after its content", () => {
    assert.deepStrictEqual(expertPlacementConfigMap(file), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "client1-decode-experts-030c27f377",
        namespace: "client1",
        labels: {
          "app.kubernetes.io/name": "nvl72",
          "app.kubernetes.io/part-of": "client1",
          "app.kubernetes.io/managed-by": "pulumi",
          "nvl72/client": "client1",
        },
      },
      immutable: true,
      data: { "placement.json": '{"physical_to_logical_map":[[0,1]]}' },
    });
  });

  it("gets another name with another placement", () => {
    assert.notEqual(configMapName({ ...file, content: '{"physical_to_logical_map":[[1,0]]}' }), configMapName(file));
  });

  it("is refused when a ConfigMap cannot hold it", () => {
    assert.deepStrictEqual(checkPlacementFile({ ...file, content: "x".repeat(1024 * 1024) }), []);
    assert.deepStrictEqual(checkPlacementFile({ ...file, content: "x".repeat(1024 * 1024 + 1) }), [
      {
        path: "recording",
        what: "the placement file has 1048577 bytes",
        rule: "a ConfigMap holds at most 1048576 bytes",
        fix: "write the placement without whitespace, or put the file on the weights' volume",
      },
    ]);
  });
});
