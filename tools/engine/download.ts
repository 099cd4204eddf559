import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

/** A server that did not answer at all, as opposed to one that answered with a refusal. */
export class UnreachableError extends Error {}

/** Fetches a URL; a server that sends nothing for that long is given up. */
export interface Downloads {
  text(url: string): Promise<string>;
  file(url: string, path: string): Promise<void>;
}

const connectMilliseconds = 5_000;
const stallMilliseconds = 30_000;

export const overHttp: Downloads = {
  async text(url) {
    const { response } = await open(url);
    return response.text();
  },
  async file(url, path) {
    const { response, controller } = await open(url);
    if (response.body === null) throw new Error(`${url}: empty answer`);
    const stalled = (): void => controller.abort(new Error(`${url}: no data for ${stallMilliseconds / 1000} s`));
    let timer = setTimeout(stalled, stallMilliseconds);
    try {
      const body = Readable.fromWeb(response.body as ReadableStream);
      body.on("data", () => {
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMilliseconds);
      });
      await pipeline(body, createWriteStream(path));
    } finally {
      clearTimeout(timer);
    }
  },
};

async function open(url: string): Promise<{ response: Response; controller: AbortController }> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), connectMilliseconds);
  let response: Response;
  try {
    response = await fetch(url, { signal: controller.signal, redirect: "follow" });
  } catch {
    throw new UnreachableError(`${new URL(url).host} cannot be reached`);
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  return { response, controller };
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
