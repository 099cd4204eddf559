/** The first x.y.z in a text, such as what a program prints about itself. */
export function readVersion(text: string): string | undefined {
  return /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1];
}

/** Whether `from <= version < below`. */
export function versionFits(version: string, from: string, below: string): boolean {
  return compareVersions(version, from) >= 0 && compareVersions(version, below) < 0;
}

export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parts(version: string): number[] {
  return version.replace(/^v/, "").split(/[-+]/)[0]?.split(".").map(Number) ?? [];
}
