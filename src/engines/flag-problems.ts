import type { Problem } from "../problems";
import { closest } from "./closest";

/** Of a version before the first whose flags are known, or of no version at all (`latest`). */
export function unknownVersion(engine: string, version: string, known: readonly string[], example: string): Problem {
  return {
    path: "engine.version",
    what: `${version} is not a ${engine} version whose flags are known`,
    rule: `flags were read from the published packages ${known.join(", ")}`,
    fix: `the version of your image, ${known[0] ?? ""} or newer, for example ${example}`,
  };
}

/** @param setting what to change instead */
export function derivedFlag(name: string, setting = "the setting it comes from"): Problem {
  return {
    path: "extraArgs",
    what: `${name} is derived from the pool's own settings`,
    rule: "a flag said twice wins by its place, and the plan would be wrong about it",
    fix: `change ${setting}`,
  };
}

/** @param command whose flags these are, `SGLang 0.5.8` */
export function unknownFlag(name: string, command: string, flags: ReadonlySet<string>, otherwise: string): Problem {
  return {
    path: "extraArgs",
    what: `${name} is not a flag of ${command}`,
    rule: "an unknown flag stops the engine at start, after the old one is gone",
    fix: closest(name, flags, otherwise),
  };
}
