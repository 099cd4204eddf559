#!/usr/bin/env python3
"""Writes test/engines/vllm-router/vllm-router-flags.json: the flags that `vllm-router --help` names, and its policies.

    python3 tools/engine-flags/vllm_router.py VERSION [CACHE_DIR [OUTPUT]]

Reads the published wheel (Apache-2.0, see NOTICE) as text: of it only the file with the parser is fetched. Names are all
that is kept.
"""

import ast
import json
import pathlib
import sys
import tempfile

from remote_wheel import RemoteWheel, url_of

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "test/engines/vllm-router/vllm-router-flags.json"


def source(version, cache):
    kept = cache / f"vllm-router-{version}.py"
    if not kept.exists():
        kept.write_bytes(RemoteWheel(url_of(f"vllm-router=={version}")).read("vllm_router/router_args.py"))
    return kept.read_text()


def spelled(node):
    """`"--host"` or `f"--{prefix}port"`, where the prefix of the command line is empty."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) else ""


def strings(node, named):
    if isinstance(node, ast.Name):
        return strings(named[node.id], named) if node.id in named else []
    return [e.value for e in getattr(node, "elts", []) if isinstance(e, ast.Constant)]


def read(text):
    flags, choices, named = set(), {}, {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id] = node.value
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            names = [spelled(argument) for argument in node.args if spelled(argument).startswith("--")]
            flags.update(names)
            for keyword in node.keywords:
                if keyword.arg == "choices":
                    choices.update({name: strings(keyword.value, named) for name in names})
    return sorted(flags), choices


def main():
    version = sys.argv[1]
    cache = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(tempfile.mkdtemp())
    output = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else OUTPUT
    flags, choices = read(source(version, cache))
    policies = choices["--prefill-policy"]
    output.write_text(json.dumps({"version": version, "flags": flags, "policies": policies}, indent=2) + "\n")
    print(version, len(flags), "flags")


if __name__ == "__main__":
    main()
