import assert from "node:assert/strict";
import { clientPower } from "../../src/plan/power";
import { client1Plan } from "../report/plans";

describe("the power of a client", () => {
  it("is that of its GPUs with their share of the tray", () => {
    assert.deepEqual(clientPower(client1Plan({ gpus: 40, prediction: undefined })), { kilowatts: 84 });
  });

  it("gives answer tokens a joule at the predicted rate", () => {
    const { prediction } = client1Plan();
    assert.ok(prediction);
    const plan = client1Plan({ gpus: 10, prediction: { ...prediction, requestsPerSecond: 2.1 } });
    assert.deepEqual(clientPower(plan), { kilowatts: 21, outputTokensPerJoule: (2.1 * 8192) / 21_000 });
  });
});
