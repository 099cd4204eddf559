#!/usr/bin/env python3
"""Writes src/engines/sglang/flag-table.json: which flags and environment variables each SGLang version knows.

    python3 tools/sglang-flags/extract.py [WHEEL_DIR [OUTPUT]]

Reads the published wheels (Apache-2.0, see NOTICE) as text: nothing of SGLang is imported or installed. Wheels that are
not in WHEEL_DIR are fetched with pip. Names and choices are all that is kept.
"""

import ast
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

VERSIONS = ["0.5.5", "0.5.8", "0.5.23"]
OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "src/engines/sglang/flag-table.json"
# Choices worth checking before a launch; the rest of a flag's values are free text or numbers.
CHOICES_OF = {
    "--attention-backend", "--deepep-mode", "--disaggregation-mode", "--disaggregation-transfer-backend",
    "--ep-dispatch-algorithm", "--kv-cache-dtype", "--load-balance-method", "--moe-a2a-backend",
    "--moe-runner-backend", "--quantization", "--fp4-gemm-backend",
}
# The variables that a launch may set, by subject; the engines know hundreds more that are for its developers.
VARIABLE = re.compile(
    r"\b(?:SGLANG|SGL)_[A-Z0-9_]*(?:DISAGGREGATION|DEEPEP|MOONCAKE|NVFP4|INBALANCE|QUANT_8BIT|BROADCASTER|DEEPGEMM|EXPERT_DIST"
    r"|EPLB_BALANCEDNESS|DG_CACHE|PROFILER_DIR|BOOTSTRAP_ROOM|FORCE_MISS|SIMULATE_ACC|FP4_GEMM|HOST_IP|LOCAL_IP)[A-Z0-9_]*\b"
)


def wheel(version, folder):
    found = sorted(folder.glob(f"sglang-{version}-*.whl"))
    if not found:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"sglang=={version}"],
            check=True,
        )
        found = sorted(folder.glob(f"sglang-{version}-*.whl"))
    return found[0]


def sources(path):
    with zipfile.ZipFile(path) as archive:
        return {n: archive.read(n).decode() for n in archive.namelist() if n.startswith("sglang/srt/") and n.endswith(".py")}


def constants(trees):
    """Module-level lists of strings, by name: where flags keep their choices."""
    found = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                values = strings(node.value, {})
                if values:
                    found[node.targets[0].id] = values
    return found


def strings(node, names):
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        values = [e.value for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        return values if values and len(values) == len(node.elts) else None
    if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
        return strings(node.slice, names)
    if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Optional":
        return strings(node.slice, names)
    return None


def from_add_argument(tree, names, flags):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            spelled = [a.value for a in node.args if isinstance(a, ast.Constant) and str(a.value).startswith("--")]
            choices = next((strings(k.value, names) for k in node.keywords if k.arg == "choices"), None)
            for flag in spelled:
                flags[flag] = choices


def from_fields(tree, names, flags):
    """Newer versions derive flags from annotated fields: `name: A[type, Arg(...)]`."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Subscript)):
            continue
        if getattr(node.annotation.value, "id", "") != "A":
            continue
        kind, meta = node.annotation.slice.elts[0], node.annotation.slice.elts[1]
        options = {k.arg: k.value for k in getattr(meta, "keywords", [])}
        if getattr(options.get("no_cli"), "value", False):
            continue
        spelled = ["--" + node.target.id.replace("_", "-")]
        if "cli_name" in options:
            spelled = [options["cli_name"].value]
        spelled += strings(options["aliases"], names) if "aliases" in options else []
        choices = strings(options["choices"], names) if "choices" in options else strings(kind, names)
        for flag in spelled:
            flags[flag] = choices


def table(version, folder):
    files = sources(wheel(version, folder))
    groups = {n: ast.parse(t) for n, t in files.items() if n.startswith("sglang/srt/arg_groups/") or n == "sglang/srt/server_args.py"}
    names = constants(groups.values())
    flags = {}
    for name, tree in groups.items():
        if "/fields/" in name:
            from_fields(tree, names, flags)
    from_add_argument(groups["sglang/srt/server_args.py"], names, flags)
    variables = sorted({v for text in files.values() for v in VARIABLE.findall(text)})
    return {
        "flags": sorted(flags),
        "choices": {f: c for f, c in sorted(flags.items()) if f in CHOICES_OF and c},
        "environment": variables,
    }


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(tempfile.mkdtemp())
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else OUTPUT
    result = {
        "source": "Names of command-line flags, their choices and environment variables, read from the sglang wheels on PyPI "
        "(Apache-2.0) by tools/sglang-flags/extract.py",
        "versions": {version: table(version, folder) for version in VERSIONS},
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=1) + "\n")
    for version, entry in result["versions"].items():
        print(version, len(entry["flags"]), "flags", len(entry["environment"]), "variables")


if __name__ == "__main__":
    main()
