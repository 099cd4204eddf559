import type { Problem } from "../../problems";
import { bestOfSize } from "./client-pools";
import { checkLending } from "./lending-rules";
import type { AllocationRequest, ClientDemand, Role } from "./request";

/** Highest number of racks that one call plans. */
export const mostRacks = 100;

const roles = ["prefill", "decode"] as const;

/** What no amount of trays would cure. Paths are those of the request. */
export function checkRequest(request: AllocationRequest): readonly Problem[] {
  return [
    ...checkNumbers(request),
    ...request.clients.flatMap((client, k) => checkClient(request, client, k)),
    ...checkLending(request),
  ];
}

function checkNumbers(request: AllocationRequest): readonly Problem[] {
  const problems: Problem[] = [];
  const names = request.clients.map((client) => client.client);
  const whole = (path: "trays" | "racks" | "gpusPerTray", most: number): void => {
    const value = request[path];
    if (Number.isInteger(value) && value >= 1 && value <= most) return;
    problems.push({
      path,
      what: `${path} is ${value}`,
      rule: `a whole number from 1 to ${most}`,
      fix: `${path} within the range`,
    });
  };
  whole("trays", 72);
  whole("racks", mostRacks);
  whole("gpusPerTray", 8);
  if (names.length === 0 || new Set(names).size !== names.length) {
    problems.push({
      path: "clients",
      what: names.length === 0 ? "there is no client" : `clients are called ${names.join(", ")}`,
      rule: "every client has a name of its own",
      fix: names.length === 0 ? "name at least one client" : "give every client another name",
    });
  }
  if (request.objective === "cost" && request.price === undefined) {
    problems.push({
      path: "price",
      what: "the cheapest plan was asked for without a price",
      rule: "cost is counted from dollarsPerGpuHour and billing",
      fix: 'set price, or ask for the objective "trays"',
    });
  }
  return problems;
}

function checkClient(request: AllocationRequest, client: ClientDemand, k: number): readonly Problem[] {
  return [
    ...checkDemand(request, client, k),
    ...roles.flatMap((role) => [
      ...checkOptions(request, client, k, role),
      ...checkRates(client, k, role),
      ...checkPins(client, k, role),
    ]),
    ...checkPinnedTrays(request, client, k),
    ...(request.prefill === "shared" && client.pinned?.prefill !== undefined ? [pinnedButShared(client, k)] : []),
  ];
}

function checkDemand(request: AllocationRequest, client: ClientDemand, k: number): readonly Problem[] {
  const name = request.objective === "share" ? "weight" : "requestsPerSecond";
  const value = client[name];
  if (value !== undefined && Number.isFinite(value) && value > 0) return [];
  return [
    {
      path: `clients[${k}].${name}`,
      what: `${client.client} wants ${value ?? "no number of"} requests/s`,
      rule: `the objective "${request.objective}" needs a positive ${name} of every client`,
      fix: `set ${name}, or leave ${client.client} out`,
    },
  ];
}

/** A role without any size that meets its limit, or without one that the rack holds. */
function checkOptions(request: AllocationRequest, client: ClientDemand, k: number, role: Role): readonly Problem[] {
  const usable = client[role].filter((option) => option.requestsPerSecond > 0);
  if (usable.length === 0) return [noSize(client, k, role)];
  const smallest = Math.min(...usable.map((option) => option.trays));
  if (smallest <= request.trays) return [];
  return [
    {
      path: `clients[${k}].${role}`,
      what: `the smallest ${role} worker of ${client.client} stands on ${smallest} trays, the rack has ${request.trays}`,
      rule: "a worker stays on one rack: KV and experts go over its NVLink",
      fix: `a rack of ${smallest} trays, or a smaller worker size`,
    },
  ];
}

function noSize(client: ClientDemand, k: number, role: Role): Problem {
  const path = `clients[${k}].${role}`;
  const nearest = client.nearest?.[role];
  if (nearest === undefined) {
    return {
      path,
      what: `no ${role} worker size of ${client.client} is possible`,
      rule: "a worker holds its weights and its KV, and its expert slots divide by its ranks",
      fix: "other redundant experts, another precision, or fewer fixed settings of the pool",
    };
  }
  const limit = role === "prefill" ? "TTFT" : "TPOT";
  const wanted = nearest.limitMilliseconds === undefined ? "" : ` of ${nearest.limitMilliseconds} ms`;
  return {
    path,
    what:
      `no ${role} worker size of ${client.client} meets the ${limit}${wanted}; ` +
      `the best is ${nearest.milliseconds} ms with ${nearest.gpus} GPUs per worker`,
    rule: `every request of the client has to meet its ${limit}`,
    fix: `a ${limit} limit of at least ${nearest.milliseconds} ms, or another model or precision`,
  };
}

function checkRates(client: ClientDemand, k: number, role: Role): readonly Problem[] {
  return client[role].flatMap((option, j) => {
    const sound = Number.isInteger(option.trays) && option.trays >= 1 && option.gpus > 0;
    if (sound && Number.isFinite(option.requestsPerSecond) && option.requestsPerSecond >= 0) return [];
    return [
      {
        path: `clients[${k}].${role}[${j}]`,
        what: `a worker of ${option.gpus} GPUs on ${option.trays} trays with ${option.requestsPerSecond} requests/s`,
        rule: "a worker stands on whole trays and sustains a finite rate",
        fix: "correct the worker option",
      },
    ];
  });
}

function checkPins(client: ClientDemand, k: number, role: Role): readonly Problem[] {
  const pins = client.pinned?.[role];
  if (pins === undefined) return [];
  const sizes = [...new Set(client[role].filter((one) => one.requestsPerSecond > 0).map((one) => one.trays))];
  const unknown = [...new Set(pins.filter((trays) => bestOfSize(client[role], trays) === undefined))];
  if (pins.length > 0 && unknown.length === 0) return [];
  return [
    {
      path: `clients[${k}].pinned.${role}`,
      what:
        pins.length === 0
          ? `${client.client} is pinned to no ${role} worker at all`
          : `${client.client} has no ${role} worker on ${unknown.join(", ")} trays that meets its limits`,
      rule: "a pinned worker is one of the sizes that meet the client's limits",
      fix:
        sizes.length === 0
          ? "leave the pin out"
          : `pin workers on ${sizes.sort((a, b) => a - b).join(", ")} trays, or leave the pin out`,
    },
  ];
}

/** The pins of one client must leave room for its other role; those of several meet in the search for a plan. */
function checkPinnedTrays(request: AllocationRequest, client: ClientDemand, k: number): readonly Problem[] {
  if (client.pinned === undefined) return [];
  const needs = roles.map((role) => {
    const pins = client.pinned?.[role];
    const trays = pins?.reduce((sum, size) => sum + size, 0) ?? Math.min(...client[role].map((one) => one.trays));
    return { role, trays, pinned: pins !== undefined };
  });
  const total = needs.reduce((sum, need) => sum + need.trays, 0);
  if (total <= request.trays || !Number.isFinite(total)) return [];
  const text = needs.map((need) => `${need.trays} (${need.role}${need.pinned ? ", pinned" : ", at least"})`);
  return [
    {
      path: `clients[${k}].pinned`,
      what: `${text.join(" + ")} = ${total} trays for ${client.client}, the rack has ${request.trays}`,
      rule: "both roles of a client stand on one rack: KV goes over NVLink only",
      fix: `pin ${total - request.trays} trays less`,
    },
  ];
}

function pinnedButShared(client: ClientDemand, k: number): Problem {
  return {
    path: `clients[${k}].pinned.prefill`,
    what: `${client.client} has a prefill pool of its own pinned, and one for all clients is asked for`,
    rule: "a shared prefill pool belongs to no client",
    fix: 'leave the pin out, or allow prefill "separate"',
  };
}
