import type { ModelShape } from "../plan/model-shape";
import { stepImbalance } from "../plan/speed/expert-imbalance";
import { clientLabels } from "./labels";

/** When an alert says that experts have drifted from where they sit. */
export interface DriftWatch {
  readonly namespace: string;
  readonly client: string;
  readonly name: string;
  /** Balance of the placement over a long time; 1 where the engine keeps it by itself. */
  readonly promised: number;
  /** How far below its promise the measured balance may be, as a share. */
  readonly margin: number;
  readonly shape: Pick<ModelShape, "layers" | "denseLayers">;
  readonly forMinutes: number;
  readonly severity: string;
  /** Labels by which a Prometheus selects its rules. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule of the Prometheus operator (monitoring.coreos.com/v1), as far as it is needed here. */
export interface PrometheusRule {
  readonly apiVersion: "monitoring.coreos.com/v1";
  readonly kind: "PrometheusRule";
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  readonly spec: { readonly groups: readonly RuleGroup[] };
}

interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const measured = "nvl72:expert_balance:ratio_rate15m";

/**
 * The mean balance of the steps of the last quarter of an hour, and an alert when it stays below what the placement
 * promises. A single step is never as balanced as the long run: it has too few tokens for that, and the promise is
 * taken down by as much as the prediction takes it down.
 */
export function expertDriftRule(watch: DriftWatch): PrometheusRule {
  const { namespace, client, name } = watch;
  const floor = driftFloor(watch);
  const steps = `{namespace="${namespace}",forward_mode="decode"}`;
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: `${name}-drift`, namespace, labels: { ...watch.labels, ...clientLabels(client) } },
    spec: {
      groups: [
        {
          name: `nvl72-${name}`,
          rules: [
            {
              record: measured,
              expr: `sum by (namespace) (rate(sglang:eplb_balancedness_sum${steps}[15m])) / sum by (namespace) (rate(sglang:eplb_balancedness_count${steps}[15m]))`,
              labels: { client },
            },
            {
              alert: "ExpertsDrifted",
              expr: `${measured}{namespace="${namespace}"} < ${floor}`,
              for: `${watch.forMinutes}m`,
              labels: { severity: watch.severity, client },
              annotations: {
                summary: `Experts of ${client} no longer sit where its traffic wants them`,
                description: `Mean over highest load of the GPUs is {{ $value | printf "%.2f" }} per step, below ${floor}: all GPUs wait that much for the fullest one. Record the pool again and look at the next preview: it says what a new placement gains and what it rolls.`,
              },
            },
          ],
        },
      ],
    },
  };
}

/**
 * SGLang's measure is the mean over all layers of the model, and one without experts counts as balanced (0 / 0 is 1 in
 * expert_distribution.py `compute_utilization_rate`, 02295fe5). Three decimals: no step is measured better.
 */
export function driftFloor({ promised, margin, shape }: Pick<DriftWatch, "promised" | "margin" | "shape">): number {
  const { layers, denseLayers } = shape;
  const floor = (1 - margin) / stepImbalance(promised);
  return Math.round(((denseLayers + (layers - denseLayers) * floor) / layers) * 1000) / 1000;
}
