import assert from "node:assert/strict";
import { clientColour, luminance, partColours, textOn, tint } from "../../../src/report/html/palette";
import { client1Plan } from "../plans";
import { fullReport } from "./reports";

describe("the palette", () => {
  const { rack } = fullReport();
  const colours = ["a", "b", "c", "d"].map((client, i, all) => {
    const clients = all.map((name) => client1Plan({ client: name }));
    return clientColour({ ...rack, clients }, all[i] ?? client);
  });

  it("lets text be read on every ground: 4.5 to 1", () => {
    const grounds = [...partColours, ...colours, ...colours.map((colour) => tint(colour, 0.6)), "#eceff2"];
    const poor = grounds.filter((ground) => contrast(ground, textOn(ground)) < 4.5);
    assert.deepEqual(poor, []);
    assert.deepEqual(
      colours.filter((colour) => contrast(colour, "#ffffff") < 4.5),
      [],
    );
  });

  it("differs from client to client", () => {
    assert.equal(new Set(colours).size, 4);
  });

  it("grows lighter from part to part, for print", () => {
    const shades = partColours.map(luminance);
    assert.deepEqual(
      shades,
      [...shades].sort((a, b) => a - b),
    );
  });
});

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
