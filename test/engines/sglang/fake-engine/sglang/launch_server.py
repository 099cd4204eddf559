"""Stands in for the engine in a test of its launcher: prints the arguments it was started with."""

import json
import sys

print(json.dumps(sys.argv[1:]))
