import type { RackPlan } from "../../plan/client";

/** Text, lines and grounds of the pictures: they stand on white in every theme, and in print. */
export const inks = {
  text: "#1c2430",
  quiet: "#56606e",
  line: "#8b95a1",
  grid: "#e4e8ec",
  free: "#eceff2",
  ground: "#ffffff",
} as const;

export const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/**
 * Blue, purple, green and ochre, after Paul Tol's colour-blind-safe schemes, dark enough for white text (4.5 : 1). Not
 * red and not yellow: those mean trouble, here as in the terminal.
 */
const clientColours: readonly string[] = ["#0072b2", "#aa3377", "#1b7837", "#8a6400"];

/** Of a client, by its place in the plan; grey for what belongs to no client of it. */
export function clientColour(rack: RackPlan, client: string): string {
  const index = clientIndex(rack, client);
  return index < 0 ? inks.quiet : (clientColours[index % clientColours.length] ?? inks.quiet);
}

export function clientIndex(rack: RackPlan, client: string): number {
  return rack.clients.findIndex((plan) => plan.client === client);
}

/**
 * Five steps after Cividis: told apart with every colour vision, and by lightness alone in print. The middle one is
 * lighter than its model, for numbers stand on it.
 */
export const partColours = ["#00204d", "#414d6b", "#939185", "#bcaf6f", "#ffea46"] as const;

/** Between the steps of `partColours`, darkest at 0 and lightest at 1: an order that print and every eye keeps. */
export function shadeOf(share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (partColours.length - 1);
  const below = Math.min(Math.floor(at), partColours.length - 2);
  const from = channels(partColours[below] ?? "");
  const to = channels(partColours[below + 1] ?? "");
  return hex(from.map((channel, i) => Math.round(channel + ((to[i] ?? 0) - channel) * (at - below))));
}

/** Black or white, whichever is easier to read on a ground. */
export function textOn(ground: string): string {
  return luminance(ground) > 0.18 ? inks.text : "#ffffff";
}

/** A colour thinned with white: 0 is the colour, 1 is white. */
export function tint(colour: string, white: number): string {
  return hex(channels(colour).map((channel) => Math.round(channel + (255 - channel) * white)));
}

/** WCAG 2 relative luminance. */
export function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(colour: string): readonly number[] {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

function hex(colour: readonly number[]): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
