/** Colours a terminal knows under every theme. */
export type Colour = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

const codes: Readonly<Record<Colour, string>> = {
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36",
};

/** Colours a text, or leaves it alone. */
export type Ink = (colour: Colour, text: string) => string;

export function ink(colour: boolean): Ink {
  return (name, text) => (colour && text !== "" ? `\u001b[${codes[name]}m${text}\u001b[0m` : text);
}

/** Columns a text takes, colours aside. */
export function visibleLength(text: string): number {
  return text.replace(/\u001b\[\d+m/g, "").length;
}

/** Clients in the order of the plan. Not red and not yellow: those mean trouble. */
const clientColours: readonly Colour[] = ["cyan", "magenta", "green", "blue"];

export function clientColour(index: number): Colour {
  return clientColours[index % clientColours.length] ?? "cyan";
}
