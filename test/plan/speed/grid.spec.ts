import assert from "node:assert/strict";
import { along, interpolate, linear, logarithmic, squareRoot } from "../../../src/plan/speed/grid";

describe("a value on the line through measured points", () => {
  const axis = [1, 2, 4, 8];
  const values = [10, 20, 30, 70];

  it("is the measured one at a point, and lies on the line between two", () => {
    assert.deepEqual(
      [1, 2, 3, 6, 8].map((at) => along(axis, values, at)),
      [10, 20, 25, 50, 70],
    );
  });

  it("holds below the first point: launches remain", () => {
    assert.equal(along(axis, values, 0.1), 10);
  });

  it("goes on beyond the last with the slope from the point at half of it", () => {
    assert.equal(along(axis, values, 12), 70 + 4 * 10);
    assert.equal(along([1, 6, 7, 8], [10, 20, 99, 70], 16), 70 + 8 * (60 / 7), "a noisy neighbour decides nothing");
  });

  it("never falls beyond the last point", () => {
    assert.equal(along([1, 2], [10, 5], 100), 5);
  });

  it("skips what was not measured", () => {
    assert.equal(along(axis, [10, null, 40, null], 3), 10 + (2 / 3) * 30);
    assert.equal(along(axis, [10, 20, null, null], 4), 40);
  });

  it("is drawn on the axis as stretched", () => {
    assert.equal(along([4, 16], [0, 2], 9, squareRoot), 1);
    assert.equal(along([2, 8], [0, 2], 4, logarithmic), 1);
    assert.equal(along([2, 8], [0, 2], 5, linear), 1);
  });
});

describe("a value in a table", () => {
  it("is interpolated along the inner axis, then between the outer lines", () => {
    const table = {
      outer: [2, 8],
      inner: [0, 10],
      milliseconds: [
        [1, 3],
        [5, 9],
      ],
    };
    assert.equal(interpolate(table, 4, 5, { outer: logarithmic, inner: linear }), (2 + 7) / 2);
  });
});
