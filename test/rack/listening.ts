import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Addresses on which processes listen for TCP connections, such as `127.0.0.1:6443`. Linux only. */
export function listening(pids: readonly number[]): string[] {
  const sockets = new Set(pids.flatMap(socketsOf));
  return ["/proc/net/tcp", "/proc/net/tcp6"]
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === "0A" && sockets.has(inode ?? ""))
    .map(([, local = ""]) => readAddress(local));
}

function socketsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed in between
      }
    });
  } catch {
    return []; // the process is gone
  }
}

/** `0100007F:1F90` is 127.0.0.1:8080: each four bytes are in the machine's order. */
function readAddress(text: string): string {
  const [host = "", port = ""] = text.split(":");
  const number = parseInt(port, 16);
  if (host.length > 8) return `[${host}]:${number}`;
  const bytes = host.match(/../g)?.reverse() ?? [];
  return `${bytes.map((byte) => parseInt(byte, 16)).join(".")}:${number}`;
}

/** Processes that run a program of this directory on behalf of this rack. */
export function processesOf(bin: string, state: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const mentions = ["environ", "cmdline"].some((file) =>
          readFileSync(`/proc/${pid}/${file}`, "utf8").includes(state),
        );
        return mentions && readlinkSync(`/proc/${pid}/exe`).startsWith(`${bin}/`);
      } catch {
        return false;
      }
    });
}
