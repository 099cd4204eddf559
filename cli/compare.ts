import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { planRows, type PlanRow } from "../src/report/preview/plan-table";
import { readPlanSummary, summarise, type PlanSummary } from "../src/report/plan-summary";
import { textTable } from "../src/report/table";
import { planDirectory } from "./plan";
import { readJson, UsageError } from "./terminal";

/** One client in both plans. */
interface ComparedClient {
  readonly client: string;
  readonly rows: readonly PlanRow[];
}

/** `nvl72 compare A B`: two plans, each a folder of stack files or what `nvl72 plan --json` printed. */
export function compareCommand(args: readonly string[]): string {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean", default: false } },
  });
  const [a, b, ...others] = positionals;
  if (a === undefined || b === undefined || others.length > 0) {
    throw new UsageError("nvl72 compare: two plans are compared, each a folder or a file of `nvl72 plan --json`");
  }
  const compared = comparePlans(readPlans(a), readPlans(b));
  return values.json ? `${JSON.stringify(compared, undefined, 2)}\n` : compareText(compared, a, b);
}

function comparePlans(before: readonly PlanSummary[], after: readonly PlanSummary[]): readonly ComparedClient[] {
  const names = [...new Set([...before, ...after].map(({ client }) => client))].sort();
  return names.map((client) => {
    const find = (plans: readonly PlanSummary[]): PlanSummary | undefined =>
      plans.find((plan) => plan.client === client);
    return { client, rows: planRows(find(before), find(after)) };
  });
}

function compareText(compared: readonly ComparedClient[], a: string, b: string): string {
  const blocks = compared.map(({ client, rows }) =>
    textTable(
      [
        { title: client, align: "left" },
        { title: a, align: "right" },
        { title: b, align: "right" },
        { title: "", align: "left" },
      ],
      rows.map(({ name, before, after, remark }) => [name, before, after, remark]),
    ).join("\n"),
  );
  return `${blocks.join("\n\n")}\n`;
}

function readPlans(path: string): readonly PlanSummary[] {
  if (isDirectory(path)) return planDirectory(path).rack.clients.map((plan) => summarise(plan));
  const content = readJson("compare", path) as { readonly clients?: unknown } | null;
  const clients = Array.isArray(content?.clients) ? (content.clients as readonly unknown[]) : [];
  const summaries = clients.map(readPlanSummary).filter((summary) => summary !== undefined);
  if (summaries.length > 0 && summaries.length === clients.length) return summaries;
  throw new UsageError(`nvl72 compare: ${path} is not what \`nvl72 plan --json\` of this version prints`);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    throw new UsageError(`nvl72 compare: there is no ${path}`);
  }
}
