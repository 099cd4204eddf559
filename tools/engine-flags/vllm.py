#!/usr/bin/env python3
"""Writes src/engines/vllm/flag-table.json: what each version of vLLM and of Ray Serve LLM accepts.

    python3 tools/engine-flags/vllm.py [CACHE_DIR [OUTPUT]]

Reads the published wheels (Apache-2.0, see NOTICE) as text: nothing of vLLM or Ray is imported or installed, and of each
wheel only the few files that say it are fetched. They stay in CACHE_DIR, so a second run needs no network. Names and
choices are all that is kept.
"""

import ast
import fnmatch
import json
import pathlib
import re
import sys
import tempfile

from remote_wheel import RemoteWheel, url_of

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "src/engines/vllm/flag-table.json"
VLLM = ["0.11.2", "0.20.0", "0.25.1", "0.29.0", "0.33.0"]
RAY = ["2.52.0", "2.56.0", "2.58.0", "2.60.0"]
VLLM_FILES = ["vllm/engine/arg_utils.py", "vllm/envs.py", "vllm/entrypoints/*/cli_args.py", "vllm/config/*.py"]
RAY_FILES = [
    "ray-*.dist-info/METADATA",
    "ray/llm/_internal/common/*.py",
    "ray/llm/_internal/serve/constants.py",
    "ray/llm/_internal/serve/core/configs/llm_config.py",
    "ray/llm/_internal/serve/engines/vllm/*.py",
    "ray/llm/_internal/serve/serving_patterns/*/*.py",
    "ray/serve/api.py",
    "ray/serve/config.py",
    "ray/serve/schema.py",
]
# Choices worth checking before a launch, by field of a configuration class.
CHOICES = {
    "all2all_backend": "ParallelConfig",
    "data_parallel_backend": "ParallelConfig",
    "cache_dtype": "CacheConfig",
    "kv_role": "KVTransferConfig",
    "method": "SpeculativeConfig",
}
CONFIGURATIONS = ["CompilationConfig", "PassConfig", "EPLBConfig", "KVTransferConfig", "SpeculativeConfig"]
RAY_CLASSES = {
    "LLMConfig": "LLMConfig",
    "ModelLoadingConfig": "ModelLoadingConfig",
    "PlacementGroupConfig": "PlacementGroupConfig",
    "PDServingArgs": "PDServingArgs",
    "RayActorOptions": "RayActorOptionsSchema",
    "RequestRouterConfig": "RequestRouterConfig",
    "ServeDeploySchema": "ServeDeploySchema",
    "ServeApplicationSchema": "ServeApplicationSchema",
    "HTTPOptions": "HTTPOptionsSchema",
}


def files(package, version, patterns, cache):
    """Text of the files of a wheel whose names match, by name."""
    folder = cache / f"{package}-{version}"
    listing = folder / "files.json"
    if listing.exists():
        return {name: (folder / name).read_text() for name in json.loads(listing.read_text())}
    wheel = RemoteWheel(url_of(f"{package}=={version}"))
    found = {}
    for name in wheel.names():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns) and "/tests/" not in name:
            found[name] = wheel.read(name).decode()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(found[name])
    listing.write_text(json.dumps(sorted(found)))
    return found


class Module:
    """Classes, their annotated fields and the type aliases of a set of source files."""

    def __init__(self, sources):
        self.classes, self.bases, self.aliases, self.trees = {}, {}, {}, {}
        for name, text in sources.items():
            if name.endswith(".py"):
                self.trees[name] = ast.parse(text)
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.add_class(node)
            for node in tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    self.aliases.setdefault(node.targets[0].id, node.value)

    def add_class(self, node):
        own = {n.target.id: n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
        if len(own) >= len(self.classes.get(node.name, {})):
            self.classes[node.name] = own
            self.bases[node.name] = [b.id for b in node.bases if isinstance(b, ast.Name)]

    def fields(self, name):
        found = {}
        for base in self.bases.get(name, []):
            found.update(self.fields(base))
        found.update(self.classes.get(name, {}))
        return {field: node for field, node in found.items() if is_field(field, node)}

    def strings(self, node):
        """All string values of a Literal, of aliases of Literals, and of unions of them."""
        if isinstance(node, ast.Name):
            return self.strings(self.aliases[node.id]) if node.id in self.aliases else []
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.BinOp):
            return self.strings(node.left) + self.strings(node.right)
        if isinstance(node, ast.Subscript):
            return self.strings(node.slice)
        if isinstance(node, (ast.Tuple, ast.List)):
            return [value for element in node.elts for value in self.strings(element)]
        return []


def is_field(name, node):
    """Not a class variable, and not one that the class computes itself."""
    annotation = ast.unparse(node.annotation)
    value = ast.unparse(node.value) if node.value is not None else ""
    return not name.startswith("_") and "ClassVar" not in annotation and "init=False" not in value


def is_boolean(node):
    """`bool` or `bool | None`, which vLLM gives a `--no-` form."""
    return re.search(r"\bbool\b", ast.unparse(node.annotation)) is not None


def spelled(field):
    return "--" + field.replace("_", "-")


def engine_flags(module):
    """Flags of EngineArgs.add_cli_args: `group.add_argument("--x", **parallel_kwargs["x"])`."""
    tree = module.trees["vllm/engine/arg_utils.py"]
    owner = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if getattr(node.value.func, "id", "") == "get_kwargs" and isinstance(node.targets[0], ast.Name):
                owner[node.targets[0].id] = node.value.args[0].id
    flags = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            names = [a.value for a in node.args if isinstance(a, ast.Constant) and str(a.value).startswith("--")]
            flags.update(names)
            if any(may_be_negated(keyword, owner, module) for keyword in node.keywords):
                flags.update("--no-" + name[2:] for name in names)
    return flags


def may_be_negated(keyword, owner, module):
    """Whether `action=BooleanOptionalAction`, or the `x_kwargs["name"]` it spreads is that of a boolean field."""
    if keyword.arg is not None:
        return keyword.arg == "action" and ast.unparse(keyword.value).endswith("BooleanOptionalAction")
    for value in ast.walk(keyword.value):
        if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name) and value.value.id in owner:
            field = module.fields(owner[value.value.id]).get(getattr(value.slice, "value", ""))
            if field is not None and is_boolean(field):
                return True
    return False


def server_flags(module, sources):
    """Flags of the HTTP server: one for each field of FrontendArgs, and what the parser adds by hand."""
    flags = set()
    for field, node in module.fields("FrontendArgs").items():
        flags.add(spelled(field))
        if is_boolean(node):
            flags.add("--no-" + spelled(field)[2:])
    for name in sources:
        if name.endswith("/cli_args.py"):
            for node in ast.walk(module.trees[name]):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
                    flags.update(a.value for a in node.args if isinstance(a, ast.Constant) and str(a.value).startswith("--"))
    return flags


def variables(module):
    for node in module.trees["vllm/envs.py"].body:
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0] if isinstance(node, ast.Assign) else None
        if getattr(target, "id", "") == "environment_variables":
            return [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
    raise KeyError("environment_variables")


def graph_modes(module):
    """Names of CUDAGraphMode, an Enum whose members are plain assignments."""
    for node in ast.walk(module.trees["vllm/config/compilation.py"]):
        if isinstance(node, ast.ClassDef) and node.name == "CUDAGraphMode":
            return [n.targets[0].id for n in node.body if isinstance(n, ast.Assign)]
    raise KeyError("CUDAGraphMode")


def vllm_table(version, cache):
    sources = files("vllm", version, VLLM_FILES, cache)
    module = Module(sources)
    choices = {field: module.strings(module.fields(owner)[field].annotation) for field, owner in CHOICES.items()}
    return {
        "flags": sorted(engine_flags(module) | server_flags(module, sources)),
        "environment": sorted(variables(module)),
        "EngineArgs": sorted({*module.fields("AsyncEngineArgs"), *module.fields("FrontendArgs")}),
        **{name: sorted(module.fields(name)) for name in CONFIGURATIONS},
        **{f"choices:{field}": sorted(set(values)) for field, values in choices.items()},
        "choices:cudagraph_mode": sorted(graph_modes(module)),
    }


def arguments(tree, function):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            found = [a.arg for a in [*node.args.args, *node.args.kwonlyargs] if not a.arg.startswith("_")]
            if len(found) > 3:
                return found
    raise KeyError(function)


def ray_table(version, cache):
    sources = files("ray", version, RAY_FILES, cache)
    module = Module(sources)
    text = "\n".join(sources.values())
    engine = next(t for n, t in sources.items() if n.endswith("METADATA"))
    return {
        "vllm": re.findall(r'^Requires-Dist: vllm(?:\[[^\]]*\])?([=<>~]=[^;]*); extra == "llm"', engine, re.M),
        "deployment": sorted(arguments(module.trees["ray/serve/api.py"], "deployment")),
        "experimental": sorted(set(re.findall(r'experimental_configs\.(?:get|setdefault)\(\s*"([A-Za-z_]+)"', text))),
        **{name: sorted(module.fields(source)) for name, source in RAY_CLASSES.items()},
        "environment": sorted(set(re.findall(r'(?:getenv|environ\.get)\(\s*"(RAY[A-Z_]+)"', text))),
        "dataParallelRoles": sorted(set(re.findall(r"class (DPPD\w+)\(", text))),
    }


def by_versions(tables):
    """Names under the versions that have them: most are in all, so this says each name once."""
    topics = {}
    for version, entries in tables.items():
        for topic, names in entries.items():
            for name in names:
                topics.setdefault(topic, {}).setdefault(name, []).append(version)
    result = {}
    for topic, names in topics.items():
        groups = {}
        for name, versions in sorted(names.items()):
            groups.setdefault(" ".join(versions), []).append(name)
        result[topic] = groups
    return result


def written(value, indent="", before=0):
    """JSON in the form that prettier would give it: a list on one line of up to 120 characters, with what is before it."""
    if isinstance(value, dict):
        inner = indent + "  "
        items = [f"{inner}{json.dumps(k)}: {written(v, inner, len(inner) + len(k) + 4)}" for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list):
        line = json.dumps(value)
        if before + len(line) + 1 <= 120:
            return line
        return "[\n" + ",\n".join(f"{indent}  {json.dumps(item)}" for item in value) + f"\n{indent}]"
    return json.dumps(value)


def main():
    cache = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(tempfile.mkdtemp())
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else OUTPUT
    tables = {
        "vllm": {version: vllm_table(version, cache) for version in VLLM},
        "ray": {version: ray_table(version, cache) for version in RAY},
    }
    result = {
        "source": "Names of command-line flags, configuration fields and environment variables, read from the vllm and ray "
        "wheels on PyPI (Apache-2.0) by tools/engine-flags/vllm.py. Each list stands under the versions that have it.",
        **{package: by_versions(versions) for package, versions in tables.items()},
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(written(result) + "\n")
    for package, versions in tables.items():
        for version, entries in versions.items():
            print(package, version, *(f"{len(names)} {topic}" for topic, names in entries.items()))


if __name__ == "__main__":
    main()
