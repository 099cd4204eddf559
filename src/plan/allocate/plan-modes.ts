import type { LinearSolver } from "./linear-program";
import { compareModes, planOneRack } from "./one-rack";
import type { ModePlan } from "./plan";
import { planRacks } from "./racks";
import type { AllocationRequest, PrefillMode } from "./request";

/** The ways of prefilling that a request allows. A pinned prefill pool belongs to its client alone. */
export function allowedModes(request: AllocationRequest): readonly PrefillMode[] {
  const pinned = request.clients.some((client) => client.pinned?.prefill !== undefined);
  const modes = request.prefill === "either" ? (["separate", "shared"] as const) : [request.prefill];
  return modes.filter((mode) => mode === "separate" || !pinned);
}

/** The best plan of every way that can serve the request, best first. */
export function planModes(request: AllocationRequest, solve: LinearSolver): readonly ModePlan[] {
  const plans = allowedModes(request).flatMap((mode) => {
    const plan = request.racks === 1 ? planOneRack(request, mode) : planRacks(request, mode, solve);
    return plan === undefined ? [] : [plan];
  });
  return plans.sort((a, b) => compareModes(a, b, request.objective));
}
