/** Numbers as operators read them: the same everywhere, and the same on every machine (no locale). */

/** 1179648 -> "1,179,648". */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** 8192 -> "8k", 1500 -> "1,500": token counts of workloads are usually round in binary. */
export function tokens(count: number): string {
  return count >= 1024 && count % 1024 === 0 ? `${count / 1024}k` : grouped(count);
}

/** Three digits, unless the number is round: 0.523, 20.8, 20, 1,230. */
export function brief(value: number): string {
  if (Number.isInteger(value)) return grouped(value);
  const size = Math.abs(value);
  if (size >= 100) return grouped(value);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** 591 -> "10 min", 45 -> "45 s". */
export function duration(seconds: number): string {
  return seconds < 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

export function dollars(value: number): string {
  return `$${value >= 10 ? grouped(value) : value.toFixed(2)}`;
}

/** "1 tray", "2 trays". */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Rounds for an output that is compared from run to run. */
export function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
