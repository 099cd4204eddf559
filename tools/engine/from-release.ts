import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { overHttp, sha256, UnreachableError, type Downloads } from "./download";
import { program, type ProgramName } from "./programs";
import { releaseOf, sumFor, thisPlatform, type Platform, type Release } from "./releases";
import { runProgram } from "./run-program";
import type { Source } from "./source";
import { writeStamp } from "./stamps";

/** The publishers' official downloads. A server that does not answer is asked once per run. */
export function fromRelease(
  bin: string,
  downloads: Downloads = overHttp,
  platform: Platform | undefined = thisPlatform(),
): Source {
  return {
    title: "official release",
    async obtain(names, report) {
      const ready: ProgramName[] = [];
      const refused = new Map<ProgramName, string>();
      const unreachable = new Map<string, string>();
      const archives = new Map<string, Promise<string>>();
      mkdirSync(bin, { recursive: true });
      const scratch = mkdtempSync(join(bin, ".download-"));
      try {
        for (const name of names) {
          const release = platform && releaseOf(name, platform);
          if (release === undefined) {
            refused.set(name, `not published as a program for ${process.platform} on ${process.arch}`);
            continue;
          }
          const { host } = new URL(release.url);
          try {
            const earlier = unreachable.get(host);
            if (earlier !== undefined) throw new UnreachableError(earlier);
            let archive = archives.get(release.url);
            if (archive === undefined) {
              archive = fetchVerified(release, scratch, downloads);
              archives.set(release.url, archive);
            }
            await install(name, release, await archive, bin, scratch);
            report(`${name} ${program(name).version} downloaded`);
            ready.push(name);
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            if (error instanceof UnreachableError) unreachable.set(host, message);
            refused.set(name, message);
          }
        }
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
      return { ready, refused };
    },
  };
}

async function fetchVerified(release: Release, scratch: string, downloads: Downloads): Promise<string> {
  const file = basename(new URL(release.url).pathname);
  const path = join(scratch, file);
  await downloads.file(release.url, path);
  if (release.sums !== undefined) {
    const wanted = sumFor(file, await downloads.text(release.sums));
    if (wanted === undefined) throw new Error(`${release.sums} has no sum for ${file}`);
    if ((await sha256(path)) !== wanted) throw new Error(`${release.url} does not match its published SHA-256 sum`);
  }
  return path;
}

async function install(name: ProgramName, release: Release, path: string, bin: string, scratch: string): Promise<void> {
  let file = path;
  if (release.member !== undefined) {
    const { code, stderr } = await runProgram("tar", ["-xzf", path, "-C", scratch, release.member]);
    if (code !== 0) throw new Error(`${basename(path)} cannot be unpacked: ${stderr}`);
    file = join(scratch, release.member);
  }
  chmodSync(file, 0o755);
  renameSync(file, join(bin, name));
  writeStamp(bin, name, { from: "release", version: program(name).version });
}
