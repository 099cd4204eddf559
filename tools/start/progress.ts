import { performance } from "node:perf_hooks";

/** Where the lines go; a terminal can take a line back. */
export interface Screen {
  write(text: string): void;
  readonly isTTY?: boolean;
}

/** Numbered steps, each one line in the end: `[2/4] rack     up, 18 trays   14.3 s`. */
export class Progress {
  private done = 0;

  constructor(
    private readonly steps: number,
    private readonly screen: Screen = process.stdout,
  ) {}

  /** Runs a step. `detail` shows what it is doing meanwhile; what the work returns is shown when it is done. */
  async step(title: string, work: (detail: (line: string) => void) => Promise<string>): Promise<void> {
    const begun = performance.now();
    const head = `[${this.done + 1}/${this.steps}] ${title.padEnd(8)}`;
    const terminal = this.screen.isTTY === true;
    const show = (line: string): void => {
      if (terminal) this.screen.write(`\r\x1b[K${head} ${cut(line)}`);
      else this.screen.write(`      ${line}\n`);
    };
    if (terminal) show("...");
    const result = await work(show).catch((error: unknown) => {
      this.screen.write(`${terminal ? "\r\x1b[K" : ""}${head} failed\n`);
      throw error;
    });
    this.done += 1;
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    this.screen.write(`${terminal ? "\r\x1b[K" : ""}${head} ${result.padEnd(40)} ${seconds.padStart(6)} s\n`);
  }
}

/** A line that wraps cannot be taken back. */
function cut(line: string): string {
  const room = process.stdout.columns - 16;
  return line.length > room ? `${line.slice(0, room - 3)}...` : line;
}
