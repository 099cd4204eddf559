import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The checkout. */
export const root = dirname(dirname(__dirname));

/** Where programs, the simulated rack and logs are kept: outside the checkout, so that `git status` stays clean. */
export interface Home {
  readonly directory: string;
  /** Programs, and the stamps that say which version each one is. */
  readonly bin: string;
  /** State of the simulated rack that `npm start` and `npm run rack` use. */
  readonly rack: string;
  readonly logs: string;
}

export function home(environment: NodeJS.ProcessEnv = process.env): Home {
  const directory = environment.NVL72_HOME
    ? resolve(environment.NVL72_HOME)
    : join(environment.XDG_CACHE_HOME ? resolve(environment.XDG_CACHE_HOME) : join(homedir(), ".cache"), "nvl72");
  return { directory, bin: join(directory, "bin"), rack: join(directory, "rack"), logs: join(directory, "logs") };
}
