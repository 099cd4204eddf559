/** How secrets look on the wire between engine and provider: an object with a signature around the value. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

export function secret(value: unknown): unknown {
  return { [signatureKey]: secretSignature, value };
}

export function hasSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  return isObject(value) && Object.values(value).some(hasSecret);
}

/** The same value without the wrapping, at any depth. */
export function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
  return value;
}

function isSecret(value: unknown): value is { value: unknown } {
  return isObject(value) && (value as Record<string, unknown>)[signatureKey] === secretSignature;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
