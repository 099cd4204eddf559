import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { runTransformsLocally } from "./local-transforms";
import { currentMonitor, requestsDone } from "./sdk-internals";

/** A resource as the engine is asked to register it: mocks alone hide parents, dependencies and options. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** URN of the parent; empty at the top. */
  readonly parent: string;
  /** Inputs on the wire: secrets are wrapped in `secretMarker`, what is not known yet is `unknownMarker`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
  /** `urn::id` of the provider of a resource; empty for a component. */
  readonly provider: string;
  /** `urn::id` by package, for a component. */
  readonly providers: Readonly<Record<string, string>>;
  /** Empty where the provider's own apply. */
  readonly customTimeouts: { readonly create: string; readonly update: string; readonly delete: string };
  readonly replaceOnChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly aliases: readonly object[];
  /** The whole request but the place in the source it came from, keys in the order in which they are sent. */
  readonly text: string;
}

/** What a component said of itself when it was complete. */
export interface OutputsRegistration {
  readonly urn: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface Run<Result> {
  readonly result: Result;
  readonly registrations: readonly Registration[];
  readonly outputs: readonly OutputsRegistration[];
  readonly warnings: readonly string[];
  /** What failed on its way into a resource, after the program itself was through. */
  readonly failures: readonly Error[];
}

export interface RunOptions {
  /** Nothing exists yet: ids, and all that follows from them, are unknown. */
  readonly firstPreview?: boolean;
}

export const secretMarker = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" } as const;
export const unknownMarker = pulumi.runtime.unknownValue;

/**
 * Runs a program against a monitor that records. Ends when nothing is under way any more.
 *
 * @throws when a resource is registered after that, which is how one made in an `apply` gives itself away: no
 * `dependsOn` waits for it, and a preview may not show it.
 */
export async function runProgram<Result>(
  program: () => Result | Promise<Result>,
  { firstPreview = false }: RunOptions = {},
): Promise<Run<Result>> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: firstPreview ? undefined : `${name}-id`, state: inputs as object }),
      call: () => ({}),
    },
    "project",
    "stack",
    firstPreview,
  );
  const recorder = recordRequests();
  const listener = listenToWarnings();
  const rejections = catchRejections();
  try {
    const result = await program();
    await requestsDone();
    const inTime = recorder.registrations.length;
    await quietMoment();
    await requestsDone();
    const late = recorder.registrations.slice(inTime).map(({ urn }) => urn);
    if (late.length > 0) throw new Error(`registered after everything was said to be done: ${late.join(", ")}`);
    const { registrations, outputs } = recorder;
    return { result, registrations, outputs, warnings: listener.warnings, failures: rejections.errors };
  } finally {
    listener.stop();
    rejections.stop();
  }
}

/** The error that a program ends with before it registers anything. */
export async function refusalOf(program: () => unknown): Promise<pulumi.RunError> {
  let refusal: unknown;
  const { registrations } = await runProgram(() => {
    try {
      program();
    } catch (error) {
      refusal = error;
    }
  });
  if (!pulumi.RunError.isInstance(refusal)) throw new Error(`not refused: ${String(refusal)}`);
  if (registrations.length > 0) throw new Error(`refused after ${registrations.map(({ urn }) => urn).join(", ")}`);
  return refusal;
}

interface Recorder {
  readonly registrations: readonly Registration[];
  readonly outputs: readonly OutputsRegistration[];
}

function recordRequests(): Recorder {
  const registrations: Registration[] = [];
  const outputs: OutputsRegistration[] = [];
  const transforms = runTransformsLocally();
  const monitor = currentMonitor();
  const registerResource = monitor.registerResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResource = (request, done) => {
    transforms.apply(request).then(
      () => {
        registerResource(request, (error, response) => {
          if (response !== undefined) {
            transforms.registered(response.getUrn(), request);
            registrations.push(readRegistration(request, response.getUrn()));
          }
          done(error, response);
        });
      },
      (error: unknown) => {
        done(error as Error, undefined);
      },
    );
  };
  monitor.registerResourceOutputs = (request, done) => {
    outputs.push({ urn: request.getUrn(), outputs: plain(request.getOutputs()) });
    registerResourceOutputs(request, done);
  };
  return { registrations, outputs };
}

function readRegistration(request: RegisterResourceRequest, urn: string): Registration {
  const whole = request.toObject();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    inputs: plain(request.getObject()),
    dependencies: request.getDependenciesList(),
    provider: request.getProvider(),
    providers: Object.fromEntries(request.getProvidersMap().getEntryList()),
    customTimeouts: {
      create: whole.customtimeouts?.create ?? "",
      update: whole.customtimeouts?.update ?? "",
      delete: whole.customtimeouts?.pb_delete ?? "",
    },
    replaceOnChanges: request.getReplaceonchangesList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    aliases: whole.aliasesList,
    text: JSON.stringify({ ...whole, sourceposition: undefined, stacktrace: undefined }),
  };
}

function plain(struct: { toJavaScript(): Record<string, unknown> } | undefined): Readonly<Record<string, unknown>> {
  return struct?.toJavaScript() ?? {};
}

/** Without an engine to log to, the SDK writes warnings to the console. */
function listenToWarnings(): { readonly warnings: readonly string[]; stop(): void } {
  const warnings: string[] = [];
  const original = console.warn;
  const prefix = "warning: [runtime] ";
  console.warn = (message: unknown, ...rest: unknown[]) => {
    if (typeof message === "string" && message.startsWith(prefix)) warnings.push(message.slice(prefix.length));
    else original(message, ...rest);
  };
  return { warnings, stop: () => (console.warn = original) };
}

/** As Pulumi's own runner does: an input that fails ends the program by an unhandled rejection. */
function catchRejections(): { readonly errors: readonly Error[]; stop(): void } {
  const errors = new Set<Error>();
  const catching = (reason: unknown): void => {
    errors.add(reason instanceof Error ? reason : new Error(String(reason)));
  };
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", catching);
  return {
    get errors() {
      return [...errors];
    },
    stop() {
      process.off("unhandledRejection", catching);
      for (const other of others) process.on("unhandledRejection", other);
    },
  };
}

/** Longer than any chain of promises that waits for nothing outside the process. */
async function quietMoment(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
