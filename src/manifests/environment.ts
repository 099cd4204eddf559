import type { types } from "@pulumi/kubernetes";
import type { EnvironmentVariable } from "../engines/engine";

export function environment(variables: readonly EnvironmentVariable[]): types.input.core.v1.EnvVar[] {
  return variables.map(({ name, value, fieldPath }) =>
    fieldPath === undefined ? { name, value: value ?? "" } : { name, valueFrom: { fieldRef: { fieldPath } } },
  );
}
