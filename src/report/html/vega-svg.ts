import { escaped, Markup, withoutControls } from "./markup";
import { fontFamily } from "./palette";
import type { PictureName } from "./picture";

/** What Vega draws, fit to stand inside another SVG: its outermost element gone, ids its own, and no idle bytes. */
export function tidy(name: PictureName, panel: number, svg: string): Markup {
  const inner = withoutControls(svg)
    .replace(/^<svg[^>]*>/, "")
    .replace(/<\/svg>$/, "");
  const withOwnIds = ownIds(`${name}-${panel + 1}`);
  // Vega escapes angle brackets in texts and attributes, so what stands between two of them is a tag.
  return new Markup(inner.replace(/<[^<>]*>/g, (tag) => withShortNumbers(withoutIdle(withOwnIds(tag)))));
}

/** Vega numbers clip paths and gradients over the life of a process, so the same chart differs from call to call. */
function ownIds(prefix: string): (tag: string) => string {
  const ids = new Map<string, string>();
  const own = (id: string): string => {
    const known = ids.get(id) ?? `${prefix}-${ids.size + 1}`;
    ids.set(id, known);
    return known;
  };
  return (tag) =>
    tag
      .replace(/ id="([^"]+)"/, (_, id: string) => ` id="${own(id)}"`)
      .replace(/="url\(#([^)"]+)\)"/g, (_, id: string) => `="url(#${own(id)})"`);
}

const idleFont = ` font-family="${escaped(fontFamily).replaceAll("&#39;", "'")}"`;

/** Without elements that draw nothing, and without what the picture around says once for all. */
function withoutIdle(tag: string): string {
  if (/^<path [^<>]*\bd="(?:M0,0h0v0h0Z)?"[^<>]*\/>$/.test(tag)) return "";
  return tag.replace(idleFont, "").replace(' opacity="1"', "").replace(' pointer-events="none"', "");
}

/** Hundredths of a pixel are enough. */
function withShortNumbers(tag: string): string {
  return tag.replace(/ (d|transform|x2|y2)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+(?:\.\d+)?e-\d+|-?\d+\.\d{3,}/g, (number) =>
      String(Math.round(Number(number) * 100) / 100),
    ),
  );
}
