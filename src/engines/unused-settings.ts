import type { DecodeIntent, PoolIntent, PrefillIntent } from "../plan/intent";
import type { Problem } from "../problems";

/** Settings that some engine has no use for. */
export type Setting = Extract<
  keyof PrefillIntent | keyof DecodeIntent,
  "staticMemoryFraction" | "reservedDecodeTokens" | "prefillTokensPerRank" | "dispatchTokensPerRank"
>;

/** A setting that would change nothing is a mistake about what it does, so it is refused, with what decides instead. */
export function checkUnused(
  intent: PoolIntent,
  engine: string,
  unused: Readonly<Partial<Record<Setting, string>>>,
): readonly Problem[] {
  const stated: Readonly<Partial<Record<Setting, unknown>>> = intent;
  return Object.entries(unused).flatMap(([setting, instead]) =>
    stated[setting as Setting] === undefined
      ? []
      : [
          {
            path: setting,
            what: `is stated, and ${engine} has no such setting`,
            rule: instead,
            fix: "leave it out",
          },
        ],
  );
}
