import type { Problem } from "../problems";
import type { PassedThrough } from "./placement";

/** An image that is not yet known is checked by nobody here. */
export function checkImage(image: PassedThrough): Problem[] {
  if (typeof image !== "string") return [];
  if (image.includes("#")) {
    return [
      {
        path: "image",
        what: `"${image}" is enroot's spelling`,
        rule: "Kubernetes separates registry and repository with a slash",
        fix: image.replace("#", "/"),
      },
    ];
  }
  const { tag, digest } = parseImage(image);
  if (digest !== undefined) return [];
  if (tag === undefined || /^latest(-|$)/.test(tag)) {
    return [
      {
        path: "image",
        what: tag === undefined ? `"${image}" has neither tag nor digest` : `the tag "${tag}" moves`,
        rule: "prefill, decode and every restarted rank must run the same image, so its name must not change its meaning",
        fix: "name a release tag, better with its digest: repository:tag@sha256:...",
      },
    ];
  }
  return [];
}

/** Worth a line, no refusal: tags are names, and this one may be a multi-architecture image after all. */
export function imageWarnings(image: PassedThrough, architecture: "arm64" | "amd64" = "arm64"): Problem[] {
  if (typeof image !== "string" || architecture === "amd64") return [];
  const { tag = "" } = parseImage(image);
  if (!/amd64|x86/i.test(tag)) return [];
  return [
    {
      path: "image",
      what: `the tag "${tag}" looks like one for x86`,
      rule: "the trays of a GB200 NVL72 have Grace CPUs, which are arm64",
      fix: "use a multi-architecture or arm64 tag",
    },
  ];
}

interface ImageName {
  readonly tag?: string;
  readonly digest?: string;
}

function parseImage(image: string): ImageName {
  const [name = "", digest] = image.split("@");
  // A colon before the last slash belongs to the registry's port.
  const [, tag] = name.slice(name.lastIndexOf("/") + 1).split(":");
  return { ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}
