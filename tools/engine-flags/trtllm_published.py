#!/usr/bin/env python3
"""Prints what published packages say of TensorRT-LLM's YAML and of Dynamo's graphs, as JSON.

    python3 tools/engine-flags/trtllm_published.py

TensorRT-LLM itself is not on PyPI. The keys come from the templates of NVIDIA's own generator, aiconfigurator: what it
writes for a release, which is not all that the release's configuration classes know. The graphs are those that Dynamo's
profiler starts from.
"""

import json
import pathlib
import re

from remote_wheel import RemoteWheel, url_of

GENERATOR = "aiconfigurator==0.12.0"
TEMPLATES = "aiconfigurator/generator/config/backend_templates/trtllm/extra_engine_args."
DYNAMO = "ai-dynamo==1.6.1"
TABLE = pathlib.Path(__file__).resolve().parents[2] / "src/engines/trtllm/flag-table.json"


def order(release):
    """1.2.0rc6.post1 -> (1, 2, 0, 6, 1): the order of releases and their candidates."""
    major, minor, patch, candidate, post = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?(?:\.post(\d+))?", release).groups()
    return int(major), int(minor), int(patch), int(candidate or 999), int(post or 0)


def keys(template):
    """Keys of the YAML that a Jinja template makes, joined by dots; statements, comments and flow lists are passed over."""
    found, path = set(), []
    for line in re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL).splitlines():
        match = re.match(r"( *)(\w+):", line)
        if not match:
            continue
        indent = len(match.group(1))
        path = [(i, k) for i, k in path if i < indent] + [(indent, match.group(2))]
        found.add(".".join(k for _, k in path))
    return sorted(found)


def main():
    generator = RemoteWheel(url_of(GENERATOR))
    names = {n[len(TEMPLATES):-len(".yaml.j2")]: n for n in generator.names() if n.startswith(TEMPLATES) and n.endswith(".yaml.j2")}
    releases = sorted((r for r in names if re.match(r"\d", r)), key=order)
    stated = {}
    for version, entry in json.loads(TABLE.read_text())["versions"].items():
        nearest = [r for r in releases if order(r) <= order(entry["tensorrtLlm"])][-1]
        stated[version] = {"template": nearest, "keys": keys(generator.read(names[nearest]).decode())}
    dynamo = RemoteWheel(url_of(DYNAMO))
    graphs = {n: dynamo.read(n).decode() for n in dynamo.names() if re.search(r"/templates/dgd/.*\.yaml$", n)}
    print(json.dumps({"stated": stated, "graphs": graphs}))


if __name__ == "__main__":
    main()
