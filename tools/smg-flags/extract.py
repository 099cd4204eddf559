#!/usr/bin/env python3
"""Writes test/engines/smg/smg-flags.json: the flags that `smg launch --help` names.

    python3 tools/smg-flags/extract.py VERSION

Installs the published package (Apache-2.0, see NOTICE) into a temporary environment. Names are all that is kept.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "test/engines/smg/smg-flags.json"


def main():
    version = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"smg=={version}"], check=True)
        text = subprocess.run([f"{folder}/bin/smg", "launch", "--help"], check=True, capture_output=True, text=True).stdout
    # Option lines of argparse are indented by two, their explanations by more.
    options = [re.split(r" {3,}", line.strip())[0] for line in text.splitlines() if re.match(r" {2}-", line)]
    flags = sorted({flag for option in options for flag in re.findall(r"(?<![\w-])--[a-z0-9-]+", option)})
    OUTPUT.write_text(json.dumps({"version": version, "flags": flags}, indent=2) + "\n")
    print(version, len(flags), "flags")


if __name__ == "__main__":
    main()
