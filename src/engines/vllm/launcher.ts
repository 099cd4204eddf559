/**
 * Starts vLLM on one tray of a worker that spans several: `launcher LEADER INDEX serve MODEL ...`.
 *
 * - The leader's name is published by DNS some time after its pod starts, and vLLM binds and connects sockets by it once,
 *   at once: so it is resolved first, with patience, and the address handed on.
 * - The first rank of a tray is its index times the ranks per tray.
 * - In a tensor-parallel group all but the first tray run headless. These have no HTTP server, so the launcher answers
 *   `/health` for them as long as vLLM lives, and ends with it.
 *
 * Python, because the engine image has it and no other tool is certain.
 */
export const groupLauncher = `import http.server, os, signal, socket, subprocess, sys, threading, time
leader, index, argv = sys.argv[1], int(sys.argv[2]), ["vllm"] + sys.argv[3:]
deadline = time.monotonic() + 300
while True:
    try:
        address = socket.gethostbyname(leader)
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(1)

def value(flag):
    return argv[argv.index(flag) + 1]

headless = False
if "--nnodes" in argv:
    headless = index > 0
    argv += ["--master-addr", address, "--node-rank", str(index)] + (["--headless"] if headless else [])
else:
    start = index * int(value("--data-parallel-size-local"))
    argv += ["--data-parallel-address", address, "--data-parallel-start-rank", str(start)]
if not headless:
    os.execvp(argv[0], argv)

engine = subprocess.Popen(argv)
signal.signal(signal.SIGTERM, lambda *_: engine.terminate())

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if engine.poll() is None else 503)
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("0.0.0.0", int(value("--port"))), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
code = engine.wait()
sys.exit(code if code >= 0 else 128 - code)
`;

export const singleTrayCommand: readonly string[] = ["vllm"];
export const groupCommand: readonly string[] = ["python3", "-c", groupLauncher];
