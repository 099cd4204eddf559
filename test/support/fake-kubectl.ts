import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a Job is like each time it is asked after: the last one stays. */
export type JobState = "absent" | "running" | "going" | { readonly failed: string } | "complete" | "unreachable";

/** A `kubectl` that knows one Job, whose life a test writes down beforehand. */
export interface FakeKubectl {
  /** What a process that is to find it has in its environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly calls: () => readonly (readonly string[])[];
  /** The Jobs that were made. */
  readonly created: () => readonly unknown[];
  remove(): void;
}

export interface FakePod {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string };
  readonly status: Readonly<Record<string, unknown>>;
}

export const succeeded: FakePod = { metadata: { name: "record-a" }, status: { phase: "Succeeded" } };

/** @param pods of the Job, as Kubernetes tells them */
export function fakeKubectl(
  states: readonly JobState[],
  log: string,
  pods: readonly FakePod[] = [succeeded],
): FakeKubectl {
  const folder = mkdtempSync(join(tmpdir(), "nvl72-kubectl-"));
  writeFileSync(join(folder, "pods.json"), JSON.stringify({ items: pods }));
  writeFileSync(join(folder, "states.json"), JSON.stringify(states));
  writeFileSync(join(folder, "log"), log);
  const lines = (name: string): readonly unknown[] =>
    existsSync(join(folder, name))
      ? readFileSync(join(folder, name), "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as unknown)
      : [];
  const path = `${join(__dirname, "kubectl-stand-in")}:${process.env.PATH ?? ""}`;
  return {
    environment: { ...process.env, PATH: path, NVL72_FAKE_KUBECTL: folder },
    calls: () => lines("calls") as string[][],
    created: () => lines("created"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
