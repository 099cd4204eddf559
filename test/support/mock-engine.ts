import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MockLeader, type Answer, type LeaderOptions } from "./mock-engine-leader";
import { MockLoad, type LoadShape } from "./mock-engine-load";

export interface MockEngineOptions {
  readonly load: LoadShape;
  readonly leaders: readonly LeaderOptions[];
  /** Seconds of load in a second of time; default 1. */
  readonly speed?: number;
  /** Milliseconds since 1970, for tests that make time pass themselves. */
  readonly now?: () => number;
}

export interface SeenRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Absent where there was no answer. */
  readonly status?: number;
}

/** SGLang decode leaders behind an HTTP proxy, so that names of pods need not resolve. */
export interface MockEngine {
  /** The proxy: `http_proxy` of whoever is to find the leaders. */
  readonly url: string;
  /** What all leaders serve; each one records it with noise of its own. */
  readonly load: MockLoad;
  /** What was asked so far, in order. */
  readonly requests: readonly SeenRequest[];
  leader(host: string): MockLeader;
  close(): Promise<void>;
}

const port = "30000";

export async function mockEngine({
  load: shape,
  leaders: options,
  speed = 1,
  now = () => performance.timeOrigin + performance.now(),
}: MockEngineOptions): Promise<MockEngine> {
  const begun = now();
  const clock = (): number => ((now() - begun) / 1000) * speed;
  const load = new MockLoad(shape, clock);
  const leaders = new Map(
    options.map((each, index) => [each.host, new MockLeader(each, load, now, clock, shape.seed * 101 + index)]),
  );
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const url = targetOf(request);
    const host = url === undefined ? "" : plainHost(url.hostname);
    const leader = url?.port === port ? leaders.get(host) : undefined;
    const answer = ask(request, url, leader);
    const status = typeof answer === "string" ? {} : { status: answer.status };
    requests.push({ method: request.method ?? "", host, path: url?.pathname ?? request.url ?? "", ...status });
    send(response, answer);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    load,
    requests,
    leader(host) {
      const found = leaders.get(host);
      if (found === undefined) throw new Error(`no leader ${host}; there are ${[...leaders.keys()].join(", ")}`);
      return found;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A proxy is asked for whole addresses. */
function targetOf({ url = "" }: IncomingMessage): URL | undefined {
  return url.startsWith("http://") ? new URL(url) : undefined;
}

/** A name with or without the domain of the cluster. */
function plainHost(hostname: string): string {
  return hostname.replace(/\.svc(\.cluster\.local)?\.?$/, "");
}

function ask(request: IncomingMessage, url: URL | undefined, leader: MockLeader | undefined): Answer {
  if (url === undefined) return { status: 400, body: "this is a proxy: ask for http://<host>:<port>/..." };
  if (leader?.alive !== true) return { status: 502, body: `nothing answers at ${url.host}` };
  if (request.method !== "GET" && request.method !== "POST") return { status: 405, body: "Method Not Allowed" };
  return leader.answer(url.pathname, request.headers.authorization);
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === "never") return;
  if (answer === "closed connection") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": answer.type ?? "text/plain; charset=utf-8" });
  response.end(answer.body);
}
