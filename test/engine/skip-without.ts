/** What a machine may lack is skipped and named; what CI lacks is a failure. */
export function skipWithout(what: string, reason: string, test: Mocha.Context): void {
  if (process.env.CI === "true") throw new Error(`${what} cannot be had: ${reason}`);
  console.log(`    skipped, without ${what}: ${reason.trim().split("\n").at(-1) ?? ""}`);
  test.skip();
}
