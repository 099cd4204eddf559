import { checkAgreement } from "../engines/agreement";
import type { Problem } from "../problems";
import type { PoolRef } from "../refs";
import { designDynamo } from "./dynamo-design";
import { designRay } from "./ray-design";
import type { Designed, EntranceQuestion, GraphDesign } from "./entrance";
import type { RouterArgs } from "./router-args";

export function designGraph(question: EntranceQuestion): Designed<GraphDesign> {
  const { args, pools } = question;
  const ray = pools.decode[0]?.orchestrator === "ray-serve";
  const contributed = [...pools.prefill, ...pools.decode];
  const problems = [...checkAgreement(pools), ...checkProxySettings(args, ray), ...checkContributions(contributed)];
  if (problems.length > 0) return { problems };
  const designed = ray ? designRay(question) : designDynamo(question);
  if ("problems" in designed) return designed;
  return { ...designed, warnings: [...designed.warnings, ...warnAboutArchitecture(args, pools.decode)] };
}

/** An entrance runs the engine's image on hosts that need not be of the trays' kind. */
function warnAboutArchitecture({ image, nodeSelector }: RouterArgs, [pool]: readonly PoolRef[]): readonly Problem[] {
  if (image !== undefined || nodeSelector?.["kubernetes.io/arch"] !== undefined) return [];
  return [
    {
      path: "nodeSelector",
      what: `names no architecture for ${pool?.image ?? ""}`,
      rule: "the entrance runs the engine's image; an image for one architecture alone does not start on hosts of another",
      fix: "{ kubernetes.io/arch: arm64 }, or an image for both",
    },
  ];
}

/** What a proxy can be told and the engines' own entrances cannot. */
const proxySettings = ["prefillPolicy", "decodePolicy", "limits", "retries", "circuitBreaker", "auth"] as const;

function checkProxySettings(args: RouterArgs, ray: boolean): readonly Problem[] {
  const orchestrator = ray ? "Ray Serve" : "Dynamo";
  const stated: readonly string[] = [
    ...proxySettings.filter((setting) => args[setting] !== undefined),
    ...(args.timeouts !== undefined && !ray ? ["timeouts"] : []),
    ...(args.longestAnswerSeconds !== undefined && !ray ? ["longestAnswerSeconds"] : []),
    ...(args.graphVersion !== undefined && ray ? ["graphVersion"] : []),
    ...(args.timeouts?.shutdownGraceSeconds !== undefined && ray ? ["timeouts.shutdownGraceSeconds"] : []),
  ];
  return stated.map((path) => ({
    path,
    what: `with ${orchestrator}`,
    rule: `requests enter through ${orchestrator}'s own processes, which have no such setting`,
    fix: "leave it out, or engine.orchestrator leader-worker-set where the engine has it",
  }));
}

function checkContributions(pools: readonly PoolRef[]): readonly Problem[] {
  return pools
    .filter(({ contribution }) => contribution === undefined)
    .map(({ name, role }) => ({
      path: role,
      what: `the ref of ${name} brings no pods`,
      rule: "the router makes the pods of all roles, from what the pools' refs say of them",
      fix: "pass the `ref` of a pool unchanged, deployed with this version",
    }));
}
