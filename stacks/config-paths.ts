import type { Problem } from "../src/problems";

/** Where a stack file says what the planner knows as a setting of each pool, and the balancer as one of its own. */
const shared: readonly (readonly [RegExp, string])[] = [
  [/^pools\.(?:prefill|decode)\.experts\.redundantExperts$/, "experts.redundant"],
  [/^pools\.(?:prefill|decode)\.((?:experts|model|engine|speculation)(?:\.|$).*)$/, "$1"],
  [/^experts\.redundantExperts$/, "experts.redundant"],
  [/^experts\.recordingFile(.*)$/, "experts.recording$1"],
  [/^experts\.recordingsClaim$/, "experts.record.claim"],
  [/^experts\.record\.experts\.recordingsClaim$/, "experts.record.claim"],
  [/^experts\.record\.(?:pool|preset|image)$/, "experts.record"],
  [/^experts\.record\.file$/, "experts.recording"],
  [/^experts\.preset$/, "model.preset"],
  [/^experts\.expertParallelSize$/, "pools.decode.gpusPerWorker"],
  [/^pools\.(?:prefill|decode)\.(inputTokens|outputTokens)$/, "workload.$1"],
];

/** Problems in the terms of the stack file; what both pools have in common is said once. */
export function inConfigTerms(problems: readonly Problem[]): readonly Problem[] {
  const told = new Set<string>();
  return problems
    .map((problem) => ({ ...problem, path: configPath(problem.path) }))
    .filter(({ path, what }) => {
      const key = `${path} ${what}`;
      return told.has(key) ? false : told.add(key);
    });
}

function configPath(path: string): string {
  const [pattern, replacement] = shared.find(([candidate]) => candidate.test(path)) ?? [];
  return pattern === undefined || replacement === undefined ? path : path.replace(pattern, replacement);
}
