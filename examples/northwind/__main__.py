"""`python -m examples.northwind` runs the demo, as `python -m entrypoints demo` does."""

import sys
from runpy import run_module

sys.argv.insert(1, "demo")
run_module("entrypoints", run_name="__main__", alter_sys=False)
