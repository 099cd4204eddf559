/** Hand-made output of `pulumi preview --json` 3.259, in the shapes of a real run. */

export interface StepFixture {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent; the stack when left out. */
  readonly parent?: string;
  readonly before?: object;
  readonly after?: object;
  /** Property path -> kind, for example `update-replace`. */
  readonly differing?: Readonly<Record<string, string>>;
  readonly reasons?: readonly string[];
}

export interface PreviewFixture {
  readonly steps: readonly StepFixture[];
  readonly outputsBefore?: object;
  readonly outputsAfter?: object;
  readonly diagnostics?: readonly { readonly severity: string; readonly message: string; readonly urn?: string }[];
  readonly result?: string;
}

const stackUrn = "urn:pulumi:client1::nvl72::pulumi:pulumi:Stack::nvl72-client1";
const signature = "4dabf18193072939515e22adb298388d";

/** How the streamed form marks a secret; the digest has "[secret]". */
export const streamedSecret = { [signature]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
/** What `--show-secrets` would print. */
export function shownSecret(plain: string): object {
  return { [signature]: "1b47061264138c4ac30d75fd1eb44270", plaintext: JSON.stringify(plain) };
}

export function urn(type: string, name: string, parentType = ""): string {
  return `urn:pulumi:client1::nvl72::${parentType === "" ? "" : `${parentType}$`}${type}::${name}`;
}

function urnOf(step: StepFixture): string {
  const parentType = step.parent === undefined ? "" : (step.parent.split("::")[2] ?? "");
  return urn(step.type, step.name, parentType);
}

/** The default form: one pretty-printed object. It never has the stack's new outputs. */
export function digestText(preview: PreviewFixture): string {
  const stack = { urn: stackUrn, custom: false, type: "pulumi:pulumi:Stack" };
  const steps = preview.steps.map((step) => {
    const state = { urn: urnOf(step), custom: true, type: step.type, parent: step.parent ?? stackUrn };
    return {
      op: step.op,
      urn: urnOf(step),
      ...(step.before === undefined ? {} : { oldState: { ...state, inputs: step.before } }),
      ...(step.after === undefined ? {} : { newState: { ...state, inputs: step.after } }),
      ...(step.reasons === undefined ? {} : { replaceReasons: step.reasons }),
      detailedDiff: kinds(step, "kind"),
    };
  });
  const root = {
    op: preview.outputsBefore === undefined ? "create" : "same",
    urn: stackUrn,
    ...(preview.outputsBefore === undefined ? {} : { oldState: { ...stack, outputs: preview.outputsBefore } }),
    newState: stack,
    detailedDiff: null,
  };
  return JSON.stringify(
    { config: {}, steps: [root, ...steps], diagnostics: preview.diagnostics ?? [], duration: 1, changeSummary: {} },
    null,
    4,
  );
}

/** The streamed form: one engine event per line; resources are announced (`Pre`) and finished (`Outputs`). */
export function streamText(preview: PreviewFixture): string {
  const root = {
    op: "same",
    urn: stackUrn,
    type: "pulumi:pulumi:Stack",
    old: preview.outputsBefore === undefined ? null : { urn: stackUrn, parent: "", outputs: preview.outputsBefore },
    logical: true,
  };
  const events: object[] = [
    { preludeEvent: { config: {} } },
    { resourcePreEvent: { metadata: { ...root, new: { urn: stackUrn, parent: "", inputs: {}, outputs: {} } } } },
    ...preview.steps.flatMap(streamedStep),
    ...(preview.diagnostics ?? []).map(({ severity, message, urn: about }) => ({
      diagnosticEvent: {
        prefix: `${severity}: `,
        message,
        severity,
        color: "never",
        ...(about === undefined ? {} : { urn: about }),
      },
    })),
    {
      resOutputsEvent: {
        metadata: { ...root, new: { urn: stackUrn, parent: "", outputs: preview.outputsAfter ?? {} } },
      },
    },
    { summaryEvent: { isPreview: true, resourceChanges: {}, result: preview.result ?? "succeeded" } },
    { cancelEvent: {} },
  ];
  return events.map((event, sequence) => JSON.stringify({ sequence, timestamp: 1, ...event })).join("\n");
}

function streamedStep(step: StepFixture): object[] {
  const state = { urn: urnOf(step), custom: true, type: step.type, parent: step.parent ?? stackUrn };
  const metadata = {
    op: step.op,
    urn: urnOf(step),
    type: step.type,
    old: step.before === undefined ? null : { ...state, inputs: step.before },
    new: step.after === undefined ? null : { ...state, inputs: step.after },
    ...(step.reasons === undefined ? {} : { keys: step.reasons }),
    detailedDiff: kinds(step, "diffKind"),
  };
  const announced = { resourcePreEvent: { metadata: { ...metadata, logical: true }, planning: true } };
  if (step.op !== "replace") return [announced];
  const half = { resourcePreEvent: { metadata: { ...metadata, op: "create-replacement" }, planning: true } };
  return [half, announced];
}

function kinds(step: StepFixture, key: string): object | null {
  if (step.differing === undefined) return null;
  return Object.fromEntries(
    Object.entries(step.differing).map(([path, kind]) => [path, { [key]: kind, inputDiff: false }]),
  );
}

export const types = {
  decodePool: "pulumi-nvl72:index:DecodePool",
  prefillPool: "pulumi-nvl72:index:PrefillPool",
  router: "pulumi-nvl72:index:Router",
  domain: "pulumi-nvl72:index:ClientDomain",
  leaderWorkerSet: "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet",
  computeDomain: "kubernetes:resource.nvidia.com/v1beta1:ComputeDomain",
  service: "kubernetes:core/v1:Service",
  configMap: "kubernetes:core/v1:ConfigMap",
  secret: "kubernetes:core/v1:Secret",
  deployment: "kubernetes:apps/v1:Deployment",
} as const;

export const decodeUrn = urn(types.decodePool, "client1-decode");
export const prefillUrn = urn(types.prefillPool, "client1-prefill");
export const routerUrn = urn(types.router, "client1-router");
export const domainUrn = urn(types.domain, "client1-domain");

/** Inputs of a pool's LeaderWorkerSet. */
export function groups(replicas: number, size: number, args: readonly string[], env: readonly object[] = []): object {
  return {
    apiVersion: "leaderworkerset.x-k8s.io/v1",
    kind: "LeaderWorkerSet",
    metadata: { name: "client1-decode", namespace: "client1" },
    spec: {
      replicas,
      leaderWorkerTemplate: {
        size,
        workerTemplate: { spec: { containers: [{ name: "engine", image: "sglang", args, env }] } },
      },
      rolloutStrategy: { type: "RollingUpdate", rollingUpdateConfiguration: { maxUnavailable: 1, maxSurge: 0 } },
    },
  };
}
