import type { Problem } from "../problems";
import type { DynamoGraph } from "./dynamo-graph";

/**
 * What the API server or the operator's webhook would refuse (ai-dynamo/dynamo deploy/operator: api/v1alpha1 0fddc01b,
 * api/v1beta1 006b6e10, internal/webhook/validation 003d1ee5), as far as a client can get there. A webhook's denial does
 * not show in a preview, so it is made here.
 */
export function checkDynamoGraph(graph: DynamoGraph): readonly Problem[] {
  const parts = partsOf(graph);
  return [...checkName(graph.metadata.name), ...checkNumber(parts), ...checkParts(parts), ...checkLength(graph, parts)];
}

/** A component, and where it stands in its version of the API. */
interface Part {
  readonly path: string;
  readonly name: string;
  readonly replicas: number;
  readonly nodes: number;
}

function partsOf(graph: DynamoGraph): readonly Part[] {
  if (graph.apiVersion === "nvidia.com/v1alpha1") {
    return Object.entries(graph.spec.services).map(([name, { replicas, multinode }]) => ({
      path: `spec.services.${name}`,
      name,
      replicas,
      nodes: multinode?.nodeCount ?? 1,
    }));
  }
  return graph.spec.components.map(({ name, replicas, multinode }, index) => ({
    path: `spec.components[${index}]`,
    name,
    replicas,
    nodes: multinode?.nodeCount ?? 1,
  }));
}

/** The name begins that of the frontend's Service, hence RFC 1035. */
function checkName(name: string): readonly Problem[] {
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) return [];
  return [
    {
      path: "metadata.name",
      what: `"${name}" is not a DNS label`,
      rule: "lower case letters, digits and dashes, beginning with a letter and not ending with a dash (RFC 1035)",
      fix: "choose another name",
    },
  ];
}

const mostComponents = 25;

function checkNumber(parts: readonly Part[]): readonly Problem[] {
  if (parts.length <= mostComponents) return [];
  return [
    {
      path: "spec",
      what: `${parts.length} components`,
      rule: `a graph has at most ${mostComponents}`,
      fix: "fewer pools of more workers",
    },
  ];
}

function checkParts(parts: readonly Part[]): readonly Problem[] {
  return parts.flatMap((part, index) => [
    ...checkComponentName(part),
    ...checkUnique(part, parts.slice(0, index)),
    ...checkSizes(part),
  ]);
}

function checkComponentName({ path, name }: Part): readonly Problem[] {
  if (name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?$/.test(name)) return [];
  return [
    {
      path,
      what: `"${name}" is not a name of a component`,
      rule: "at most 63 letters, digits and dashes, with no dash at either end",
      fix: "rename the pool",
    },
  ];
}

function checkUnique({ path, name }: Part, before: readonly Part[]): readonly Problem[] {
  const same = before.find((part) => part.name.toLowerCase() === name.toLowerCase());
  if (same === undefined) return [];
  return [
    {
      path,
      what: `"${name}" is taken by ${same.path}`,
      rule: "the operator names objects after components, in lower case",
      fix: "rename the pool",
    },
  ];
}

function checkSizes({ path, replicas, nodes }: Part): readonly Problem[] {
  const problems: Problem[] = [];
  if (!Number.isInteger(replicas) || replicas < 0) {
    problems.push({
      path: `${path}.replicas`,
      what: `is ${replicas}`,
      rule: "a whole number, at least 0",
      fix: "write 0 or more",
    });
  }
  if (!Number.isInteger(nodes) || nodes < 1) {
    problems.push({
      path: `${path}.multinode.nodeCount`,
      what: `is ${nodes}`,
      rule: "a whole number, at least 2; one node is said by leaving multinode out",
      fix: "write 2 or more",
    });
  }
  return problems;
}

/** Letters that Grove leaves for names (consts.go MaxCombinedGroveResourceNameLength, 0367e404). */
const groveLetters = 45;
/** What the operator adds to the names of a multinode component's two kinds of pods: `-ldr` and `-wkr`. */
const roleLetters = 4;

/** With Grove, the operator's default, a pod is named after the graph, the group and its kind of pod. */
function checkLength(graph: DynamoGraph, parts: readonly Part[]): readonly Problem[] {
  const { name } = graph.metadata;
  return parts.flatMap((part) => {
    const own = part.nodes > 1 ? 2 * part.name.length + roleLetters : part.name.length;
    if (name.length + own <= groveLetters) return [];
    return [
      {
        path: part.path,
        what: `"${name}" and "${part.name}" make names of ${name.length + own} letters`,
        rule: `Grove leaves ${groveLetters} for the graph's name and ${part.nodes > 1 ? "twice " : ""}the component's`,
        fix: "shorten the client's or the pool's name",
      },
    ];
  });
}
