import { duration, plural } from "../numbers";
import { readPlanSummary, type PlanSummary } from "../plan-summary";
import { componentChanges, titleOf, type ComponentChange, type ResourceChange } from "./changes";
import type { Preview } from "./digest";
import { expertStory } from "./expert-story";
import { code, codeBlock, prose } from "./escape";
import { failureTexts, readable } from "./failure";
import type { FieldChange } from "./fields";
import { fit } from "./fit";
import { planPhrase, planRows } from "./plan-table";
import { graphStory } from "./graph-story";
import { poolStory, type PoolStory } from "./pool-story";
import { isRealReplacement, risksOf } from "./risks";

export interface ReportRequest {
  readonly stack: string;
  /** Absent when the preview wrote no JSON. */
  readonly preview?: Preview;
  /** The preview failed, whatever its JSON says: the exit code was not 0. */
  readonly failed?: boolean;
  /** What the failed preview wrote to the terminal. */
  readonly failedOutput?: string;
  /** Plans to compare, where they are not among the stack's outputs. */
  readonly before?: PlanSummary;
  readonly after?: PlanSummary;
  /** A GitHub comment holds 65,536. */
  readonly maxCharacters?: number;
}

const usualMaxCharacters = 60_000;
/** Changed flags and settings shown per component without opening the details. */
const visibleFields = 8;

/** Marks the comment of a stack, so that it can be found and updated. */
export function commentMarker(stack: string): string {
  return `<!-- nvl72-report:${stack.replace(/[^\w.-]/g, "_")} -->`;
}

/** One screen of Markdown that says what a preview would do, never longer than `maxCharacters`. */
export function renderReport(request: ReportRequest): string {
  const report = bodyOf(request);
  const clean = (text: string): string => request.preview?.scrub(text) ?? text;
  const head = `### nvl72 ${prose(request.stack)}: ${report.headline} ${commentMarker(request.stack)}`;
  return fit(
    { lines: [head, ...report.lines].map(clean), details: report.details.map((block) => block.map(clean)) },
    request.maxCharacters ?? usualMaxCharacters,
  );
}

interface Body {
  readonly headline: string;
  readonly lines: readonly string[];
  /** One block per resource, folded away, first to be cut. */
  readonly details: readonly (readonly string[])[];
}

function bodyOf(request: ReportRequest): Body {
  const { preview } = request;
  if (preview === undefined || preview.failed || request.failed === true) return failureBody(request);
  const before = request.before ?? readPlanSummary(preview.outputsBefore.plan);
  const after = request.after ?? readPlanSummary(preview.outputsAfter?.plan);
  const components = componentChanges(preview);
  const table = planLines(before, after);
  if (components.length === 0 && (table.length === 0 || samePlan(before, after))) {
    return { headline: "nothing changes", lines: [], details: [] };
  }
  const titled = components.map((component) => ({ component, title: titleOf(component) }));
  const stories = titled.flatMap(({ component, title }) => storyOf(component, title, after ?? before) ?? []);
  return {
    headline: headlineOf(components, stories, preview),
    lines: [
      ...table,
      ...removalLines(components),
      ...components.flatMap((component) => componentLines(component, stories, after)),
      ...riskLine(components, stories),
      ...warningLines(preview),
    ],
    details: components.flatMap((component) => component.resources.map(resourceBlock)),
  };
}

function failureBody(request: ReportRequest): Body {
  const texts = failureTexts(request.preview, request.failedOutput ?? "");
  return {
    headline: "preview failed, nothing was changed",
    lines: ["", ...texts.flatMap(codeBlock), ...(request.preview === undefined ? [] : warningLines(request.preview))],
    details: [],
  };
}

/** "decode rolls (about 10 min), +4 GPUs, nothing replaced". */
function headlineOf(components: readonly ComponentChange[], stories: readonly PoolStory[], { steps }: Preview): string {
  const resources = components.flatMap((component) => component.resources);
  const count = (matches: (resource: ResourceChange) => boolean): number => resources.filter(matches).length;
  const rolls = stories.filter((story) => ["rolls", "replaced", "scales"].includes(story.effect)).map(storyPhrase);
  const gpus = stories.reduce((sum, story) => sum + story.gpusAfter - story.gpusBefore, 0);
  const replaced = count(isRealReplacement);
  const deleted = count((resource) => resource.effect === "deleted");
  const restarted = count((resource) => resource.effect === "restarts");
  const created = count((resource) => resource.effect === "created");
  const run = count((resource) => resource.effect === "runs");
  const isNew = created > 0 && created + run === resources.length && !steps.some(({ op }) => op === "same");
  const phrases = [
    isNew ? `first deployment, ${plural(created, "resource")}` : "",
    ...rolls,
    restarted > 0 ? `${plural(restarted, "Deployment")} ${restarted === 1 ? "restarts" : "restart"}` : "",
    run > 0 ? `${plural(run, "command")} ${run === 1 ? "runs" : "run"}` : "",
    gpus === 0 ? "" : `${gpus > 0 ? "+" : "-"}${plural(Math.abs(gpus), "GPU")}`,
    replaced > 0 ? `${replaced} replaced` : "",
    deleted > 0 ? `${deleted} deleted` : "",
    isNew || replaced + deleted > 0 ? "" : "nothing replaced",
  ].filter((phrase) => phrase !== "");
  if (resources.length === 0) return "no resource changes, the plan does";
  return phrases.length === 1 && !isNew
    ? `${plural(resources.length, "resource")} in place, ${phrases.join(", ")}`
    : phrases.join(", ");
}

/** Kinds whose change a story tells. */
const toldKinds: ReadonlySet<string> = new Set(["LeaderWorkerSet", "RayService", "DynamoGraphDeployment"]);

function isTold({ kind, formerKind = kind }: ResourceChange): boolean {
  return toldKinds.has(kind) || toldKinds.has(formerKind);
}

function storyOf(...change: Parameters<typeof poolStory>): PoolStory | undefined {
  return poolStory(...change) ?? graphStory(...change);
}

function storyPhrase(story: PoolStory): string {
  const name = story.role === "pool" ? prose(story.title) : story.role;
  const verb = story.effect === "replaced" ? "is replaced" : story.interrupts ? "restarts" : story.effect;
  return `${name} ${verb}${story.seconds === undefined ? "" : ` (about ${duration(story.seconds)})`}`;
}

function planLines(before: PlanSummary | undefined, after: PlanSummary | undefined): string[] {
  if (after === undefined) {
    return before === undefined
      ? []
      : ["", `Plan so far: ${planPhrase(before)}. This preview does not say the new one.`];
  }
  if (samePlan(before, after)) return ["", `The plan stays: ${planPhrase(after)}.`];
  const rows = planRows(before, after);
  const cell = (text: string): string => prose(text);
  return [
    "",
    "| | before | after | |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${cell(row.name)} | ${cell(row.before)} | ${cell(row.after)} | ${cell(row.remark)} |`),
    ...(after.prediction === undefined ? ["", "No prediction: no published measurement is near this plan."] : []),
  ];
}

function samePlan(before: PlanSummary | undefined, after: PlanSummary | undefined): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** Replacements and deletions stand first, whatever component they belong to. */
function removalLines(components: readonly ComponentChange[]): string[] {
  const resources = components.flatMap((component) => component.resources);
  const gone = resources.filter((resource) => isRealReplacement(resource) || resource.effect === "deleted");
  if (gone.length === 0) return [];
  const lines = gone.map((resource) => {
    const { kind, formerKind, step, effect } = resource;
    if (formerKind !== undefined)
      return `- ${prose(formerKind)} ${code(step.name)} is **replaced** by a ${prose(kind)}`;
    const reasons = replaceReasons(resource);
    const because = reasons.length === 0 ? "" : `, because of ${reasons.map(code).join(", ")}`;
    return `- ${prose(kind)} ${code(step.name)} is **${effect}**${because}`;
  });
  return ["", "**Replaced or deleted**", ...lines];
}

function replaceReasons(resource: ResourceChange): string[] {
  if (resource.effect !== "replaced") return [];
  const paths = Object.entries(resource.step.differing).filter(([, kind]) => kind.endsWith("-replace"));
  return [...new Set([...resource.step.replaceReasons, ...paths.map(([path]) => path)])].sort();
}

function componentLines(
  component: ComponentChange,
  stories: readonly PoolStory[],
  plan: PlanSummary | undefined,
): string[] {
  const title = titleOf(component);
  const story = stories.find((candidate) => candidate.title === title);
  const others = component.resources.filter((resource) => story === undefined || !isTold(resource));
  const experts = expertStory(component, plan) ?? "";
  const told = [prose(story?.text ?? experts), tally(others)].filter((text) => text !== "");
  const settings = component.settings.length > 0 ? component.settings : flagsOf(component);
  const shown = settings.slice(0, visibleFields).map((field) => `  - ${fieldText(field)}`);
  const more = settings.length - visibleFields;
  return [
    "",
    `**${prose(title)}**: ${told.join("; ") || "settings only"}`,
    ...shown,
    ...(more > 0 ? [`  - and ${more} more`] : []),
  ];
}

/** "2 created, 1 in place". */
function tally(resources: readonly ResourceChange[]): string {
  const counts = new Map<string, number>();
  for (const resource of resources) {
    const word = `${prose(resource.kind)} ${effectWord(resource)}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => (count === 1 ? word : `${count} x ${word}`)).join(", ");
}

/** Content under a new name is how a ConfigMap is updated, and nothing to be alarmed at. */
function effectWord(resource: ResourceChange): string {
  return resource.effect === "replaced" && !isRealReplacement(resource) ? "renewed" : resource.effect;
}

/** Without settings of the component, the engine's flags say what was changed. */
function flagsOf(component: ComponentChange): FieldChange[] {
  return component.resources.flatMap((resource) =>
    resource.fields.flatMap((field) => {
      const flag = / (--?[A-Za-z]\S*)$/.exec(field.path)?.[1];
      return flag === undefined ? [] : { ...field, path: flag };
    }),
  );
}

function fieldText(field: FieldChange): string {
  const path = code(field.path);
  if (field.note !== undefined) return `${path} ${prose(field.note)}`;
  if (field.before === undefined) return `${path} added: ${code(field.after ?? "")}`;
  if (field.after === undefined) return `${path} removed, was ${code(field.before)}`;
  return `${path} ${code(field.before)} -> ${code(field.after)}`;
}

function resourceBlock(resource: ResourceChange): string[] {
  const fields = resource.fields.map((field) => `- ${fieldText(field)}`);
  return [`**${prose(resource.kind)}** ${code(resource.step.name)}: ${effectWord(resource)}`, ...fields, ""];
}

function riskLine(components: readonly ComponentChange[], stories: readonly PoolStory[]): string[] {
  const risks = risksOf(components, stories);
  const found = risks.filter((risk) => risk.where.length > 0);
  const absent = risks.filter((risk) => risk.where.length === 0).map((risk) => risk.name);
  const told = found.map((risk) => `**${risk.name}** (${risk.where.map(prose).join(", ")})`);
  const none = absent.length === 0 ? "" : `${found.length > 0 ? "; none" : "none"} of: ${absent.join(", ")}`;
  return ["", `Risk: ${told.join(", ")}${none}.`];
}

/** Warnings of plugins about themselves tell a reviewer nothing. */
function warningLines(preview: Preview): string[] {
  const warnings = preview.diagnostics.filter((diagnostic) => diagnostic.severity === "warning");
  const texts = warnings
    .map((warning) => readable(warning.message).replace(/^warning: /, ""))
    .filter((text) => text !== "" && !/^using pulumi-\S+ from \$PATH/.test(text));
  const unique = [...new Set(texts)];
  if (unique.length === 0) return [];
  return ["", `${plural(unique.length, "warning")}:`, ...unique.map((text) => `- ${prose(text)}`)];
}
