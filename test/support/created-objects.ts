import type { Registration, Run } from "./registration-harness";

/** What a program asked Kubernetes for, by logical name; two objects of one name differ in their kind. */
export function createdObjects({ registrations }: Run<unknown>): Readonly<Record<string, object>> {
  const objects = registrations.filter(({ type }) => type.startsWith("kubernetes:"));
  return Object.fromEntries(objects.map((object) => [keyOf(object, objects), object.inputs]));
}

export function created(run: Run<unknown>, name: string): Registration {
  const found = run.registrations.find((registration) => registration.name === name);
  if (found === undefined) throw new Error(`${name} was not created`);
  return found;
}

/** An object as it goes over the wire: without what is undefined. */
export function onTheWire(object: object): object {
  return JSON.parse(JSON.stringify(object)) as object;
}

function keyOf({ name, inputs }: Registration, all: readonly Registration[]): string {
  const unique = all.filter((other) => other.name === name).length === 1;
  return unique ? name : `${name} (${String(inputs.kind)})`;
}
