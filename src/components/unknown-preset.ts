import type { Problem } from "../problems";

export function unknownPreset(preset: string): Problem {
  return {
    path: "preset",
    what: `${preset} is not a checkpoint that is known`,
    rule: "experts and layers follow from a checkpoint's shape",
    fix: "the preset of the pool's model",
  };
}
