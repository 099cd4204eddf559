import assert from "node:assert/strict";
import { tidy } from "../../../src/report/html/vega-svg";

describe("tidy", () => {
  const made = (clip: number, text: string): string =>
    tidy(
      "queue",
      1,
      `<svg width="9"><defs><clipPath id="clip${clip}"><path d="M0.123456,-2.5e-7L10,3.4"/></clipPath></defs>` +
        `<g clip-path="url(#clip${clip})" opacity="1"><path class="foreground" d="" display="none"/>` +
        `<text x2="1">${text}</text></g></svg>`,
    ).text;

  it("numbers ids by the picture, not by the process", () => {
    assert.equal(made(1, "a"), made(71, "a"));
    assert.equal(
      made(7, "a"),
      `<defs><clipPath id="queue-2-1"><path d="M0.12,0L10,3.4"/></clipPath></defs>` +
        `<g clip-path="url(#queue-2-1)"><text x2="1">a</text></g>`,
    );
  });

  it("leaves texts alone", () => {
    const text = ` id="clip7" d="1.23456" opacity="1" ="url(x)`;
    assert.ok(made(7, text).includes(`<text x2="1">${text}</text>`), made(7, text));
  });
});
