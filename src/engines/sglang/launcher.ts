/**
 * Starts SGLang on one tray of a worker that spans several. The leader's name is published by DNS some time after its pod
 * starts, and SGLang binds ZeroMQ sockets to it once, at once (sgl-project/sglang#8338): so the name is resolved first,
 * with patience, and the address handed on. Python, because the engine image has it and no other tool is certain.
 */
export const groupLauncher = `import os, socket, sys, time
argv = sys.argv[1:]
at = argv.index("--dist-init-addr") + 1
host, port = argv[at].rsplit(":", 1)
deadline = time.monotonic() + 300
while True:
    try:
        argv[at] = socket.gethostbyname(host) + ":" + port
        break
    except OSError:
        if time.monotonic() > deadline:
            raise
        time.sleep(1)
os.execv(sys.executable, [sys.executable, "-m", "sglang.launch_server"] + argv)
`;

export const singleTrayCommand: readonly string[] = ["python3", "-m", "sglang.launch_server"];
export const groupCommand: readonly string[] = ["python3", "-c", groupLauncher];
