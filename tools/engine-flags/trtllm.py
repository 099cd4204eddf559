#!/usr/bin/env python3
"""Writes src/engines/trtllm/flag-table.json: which flags Dynamo's TensorRT-LLM worker and frontend know, per version.

    python3 tools/engine-flags/trtllm.py [OUTPUT]

Reads the published ai-dynamo wheels (Apache-2.0, see NOTICE) as text: nothing of Dynamo is imported or installed. Names,
choices and the TensorRT-LLM release that a version requires are all that is kept.
"""

import ast
import json
import pathlib
import re
import sys

from remote_wheel import RemoteWheel, url_of

VERSIONS = ["0.8.1", "1.2.1", "1.6.1"]
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "src/engines/trtllm/flag-table.json"
# Groups of flags that the newer versions keep apart from the program that uses them.
GROUPS = "dynamo/common/configuration/groups/"
WORKER = ["dynamo/trtllm/backend_args.py", "dynamo/trtllm/utils/trtllm_utils.py", GROUPS + "runtime_args.py",
          GROUPS + "frontend_decoding_args.py"]
FRONTEND = ["dynamo/frontend/frontend_args.py", "dynamo/frontend/main.py", GROUPS + "kv_router_args.py",
            GROUPS + "router_args.py"]
MODES = ["dynamo/trtllm/constants.py", "dynamo/trtllm/request_handlers/handler_base.py"]
# Variables of Dynamo's own that a launch may set.
VARIABLE = re.compile(r"\bDYN_(?:GRACEFUL_SHUTDOWN|SYSTEM|REQUEST_PLANE|EVENT_PLANE|DISCOVERY)[A-Z_]*\b")


def text(wheel, name):
    return wheel.read(name).decode() if name in wheel.names() else ""


def calls(source):
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def function_name(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def spelled(call):
    """The flags that one call declares: `--x`, and `--no-x` where the switch can be negated."""
    given = {k.arg: k.value for k in call.keywords}
    if "flag_name" in given:
        names = [given[k].value for k in ("flag_name", "obsolete_flag", "alias") if isinstance(given.get(k), ast.Constant)]
        negatable = function_name(call) == "add_negatable_bool_argument"
    else:
        names = [a.value for a in call.args if isinstance(a, ast.Constant) and str(a.value).startswith("--")]
        negatable = getattr(given.get("action"), "attr", "") == "BooleanOptionalAction"
    return names + (["--no-" + names[0].removeprefix("--")] if negatable and names else [])


def choices(call):
    node = next((k.value for k in call.keywords if k.arg == "choices"), None)
    values = [e.value for e in getattr(node, "elts", []) if isinstance(e, ast.Constant)]
    return values if values and len(values) == len(node.elts) else None


def flags(sources):
    found = {}
    for source in sources:
        for call in calls(source):
            if not function_name(call).startswith("add_"):
                continue
            for name in spelled(call):
                found[name] = choices(call)
    return found


def modes(wheel):
    """Values of the enum that --disaggregation-mode is made from."""
    for name in MODES:
        for node in ast.walk(ast.parse(text(wheel, name))):
            if isinstance(node, ast.ClassDef) and node.name == "DisaggregationMode":
                return sorted(a.value.value for a in node.body if isinstance(a, ast.Assign))
    return []


def rewritten(source):
    """Flags that `parse_args` turns into others before the parser sees them."""
    return {c.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Compare) and getattr(n.left, "id", "") == "flag"
            for c in n.comparators if isinstance(c, ast.Constant)}


def table(version):
    wheel = RemoteWheel(url_of(f"ai-dynamo=={version}"))
    worker = flags(text(wheel, name) for name in WORKER)
    frontend = flags(text(wheel, name) for name in FRONTEND)
    metadata = next(text(wheel, n) for n in wheel.names() if n.endswith(".dist-info/METADATA"))
    release = re.search(r"^Requires-Dist: tensorrt-llm==([^;\s]+)\s*;", metadata, re.MULTILINE).group(1)
    sources = [text(wheel, n) for n in wheel.names() if n.startswith("dynamo/") and n.endswith(".py") and "/tests/" not in n]
    return {
        "tensorrtLlm": release,
        "worker": sorted(worker | dict.fromkeys(rewritten(text(wheel, "dynamo/trtllm/args.py")))),
        "frontend": sorted(frontend),
        "choices": {
            "--disaggregation-mode": modes(wheel),
            **{n: c for n, c in sorted(worker.items()) if c and n in ("--request-plane", "--event-plane")},
        },
        "environment": sorted({v for source in sources for v in VARIABLE.findall(source)}),
    }


def main():
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    result = {
        "source": "Names of command-line flags, their choices, environment variables and the TensorRT-LLM release required, "
        "read from the ai-dynamo wheels on PyPI (Apache-2.0) by tools/engine-flags/trtllm.py",
        "versions": {version: table(version) for version in VERSIONS},
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=1) + "\n")
    for version, entry in result["versions"].items():
        print(version, entry["tensorrtLlm"], len(entry["worker"]), "worker flags", len(entry["frontend"]), "frontend flags")


if __name__ == "__main__":
    main()
