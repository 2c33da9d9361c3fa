"""Measures everything and writes `docs/performance.md`: `python -m bench.report [--only single_files,peers] [--again] [--draw]`.

Each measurement is a command of its own; its result and the machine go to `bench/results/<name>.json`. One whose result is there is not run
again (`--again` does), so that an interrupted run goes on where it was. `--draw` writes the page from the results that are there.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.reporting.machine import machine
from bench.reporting.plots import draw
from bench.reporting.sections import SECTIONS
from hub.settings import PROJECT

RESULTS = PROJECT / "bench" / "results"
PAGE = PROJECT / "docs" / "performance.md"
PICTURES = PROJECT / "docs" / "pictures"
COMMANDS: Mapping[str, Sequence[str]] = {
    "national_month": ("bench.national_month",),
    "scaling": ("bench.scaling",),
    "guarantees": ("bench.guarantees",),
    "latency": ("bench.latency",),
    "single_files": ("bench.single_files",),
    "peers": ("bench.peers",),
    "large_attachment": ("bench.large_attachment",),
    "mapping": ("bench.mapping",),
}
_INTRODUCTION = """# What it costs, measured

Made by `python -m bench.report` from the results in `bench/results`, which it measures where they are not there; nothing here is written
by hand. Each section names its command and the machine. The stand-ins, the servers and Prefect share the cores with the hub. What else
the machine was doing when a measurement began stands there as its load: a figure with a load of more than 1 is too low.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description="Measures everything, and writes docs/performance.md.")
    parser.add_argument("--only", default=",".join(COMMANDS), help="which, with commas (default: all)")
    parser.add_argument("--again", action="store_true", help="measure also what has a result")
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    given = parser.parse_args(arguments)
    failed = [] if given.draw else [name for name in given.only.split(",") if not measured(RESULTS, name, again=given.again)]
    PICTURES.mkdir(exist_ok=True)
    PAGE.write_text(page(RESULTS, PICTURES))
    for name in failed:
        print(f"{name} did not end well, or missed its target", file=sys.stderr)  # noqa: T201 - a command's answer
    return 1 if failed else 0


def measured(results: Path, name: str, *, again: bool) -> bool:
    """Whether a measurement has a result that is right; it is run where there is none. A result that misses its target is kept too."""
    path = results / f"{name}.json"
    module, *rest = COMMANDS[name]
    if (path.exists() and not again) or importlib.util.find_spec(module) is None:
        return True
    before = machine()
    print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201 - it takes minutes
    command = [sys.executable, "-m", module, *rest, "--json"]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own
    try:
        result = json.loads(done.stdout)
    except json.JSONDecodeError:
        return False
    results.mkdir(exist_ok=True)
    kept = {"command": f"python -m {' '.join((module, *rest))} --json", "machine": before, "result": result}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return done.returncode == 0


def page(results: Path, pictures: Path) -> str:
    """The whole page, of the results that are there."""
    parts = [_INTRODUCTION]
    for name, (title, section) in SECTIONS.items():
        path = results / f"{name}.json"
        if not path.exists():
            parts.append(f"## {title}\n\nNot measured yet: `python -m bench.report --only {name}`.\n")
            continue
        kept = json.loads(path.read_text())
        drawn = "\n\n".join(f"![{title}](pictures/{file})" for file in draw(pictures, name, kept["result"]))
        parts.append(
            f"## {title}\n\n`{kept['command']}`, {_named(kept['machine'])}\n\n{section(kept['result'])}\n"
            + (f"\n{drawn}\n" if drawn else "")
        )
    return "\n".join(parts)


def _named(found: Mapping[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in found["packages"].items())
    return (
        f"on {found['cores']} cores of {found['cpu']}, {found['memory_gb']} GB, {found['system']}, Python {found['python']} ({packages}), "
        f"load {found['load_before']} before it, {found['measured_at']}"
    )


if __name__ == "__main__":
    sys.exit(main())
