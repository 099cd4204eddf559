import type { Problem } from "../problems";

/** Services are named after pools and routers, hence RFC 1035: unlike RFC 1123 a name must begin with a letter. */
const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Names that become those of Services and labels: what Kubernetes takes everywhere. */
export function checkObjectName(path: string, name: string, longest = 63): readonly Problem[] {
  if (label.test(name) && name.length <= longest) return [];
  return [
    {
      path,
      what: `"${name}" (${name.length} characters) is no name that Kubernetes takes everywhere`,
      rule: `lower-case letters, digits and dashes, beginning with a letter, at most ${longest} characters`,
      fix: "for example client1",
    },
  ];
}
