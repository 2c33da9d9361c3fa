"""How time and memory grow with the number of reports, and what more processes bring: `python -m bench.scaling --json`.

One pass each of 1,000, 10,000, 100,000 and 1,000,000 reports (`--most`), as in `bench.national_month` and without its bare script; then
`--sharing` reports on PostgreSQL by one, two and four processes. Exit code 1 where a pass did not balance, or time from 10,000 reports on
grows faster than reports^1.05 or memory by a fifth.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chaos.ledgers import databases
from bench.month.intake import intake_of
from bench.national_month import AT, carry_month

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PROCESSES = (1, 2, 4)
FROM = 10_000  # reports: below, what a pass costs anyhow is most of it
STEEPEST, FLATTEST = 1.05, 1.2  # the exponent of time, and memory at most in times of the smallest


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description="Carries more and more reports, and measures.")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest pass (default: %(default)s)")
    parser.add_argument(
        "--sharing", type=int, default=20_000, help="reports for one, two and four processes; 0: none (default: %(default)s)"
    )
    parser.add_argument("--incidents", type=Path, help="gzipped rows of data.police.uk (default: the project's extract)")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile (default: a temporary folder)")
    parser.add_argument("--intakes", type=Path, help="where intakes that were made are kept for the next run")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    sizes = list(_sizes(given, [size for size in SIZES if size < given.most] + [given.most]))
    workers = list(_shared(given)) if given.sharing else []
    measured: dict[str, Any] = {"sizes": sizes, "workers": workers, **growth(sizes)}
    measured["right"] = all(one["balanced"] for one in sizes + workers) and _holds(measured)
    print(json.dumps(measured) if given.json else "\n".join(f"{name}: {found}" for name, found in measured.items()))  # noqa: T201
    return 0 if measured["right"] else 1


def growth(sizes: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The exponents of time and memory between the smallest pass of at least `FROM` reports and the largest, and how memory grew."""
    large = [one for one in sizes if one["reports"] >= FROM]
    if len(large) < 2:
        return {}
    first, last = large[0], large[-1]
    times = math.log(last["reports"] / first["reports"])
    memory = last["peak_rss_mb"] / first["peak_rss_mb"]
    return {
        "from": first["reports"],
        "time_exponent": round(math.log(last["wall_s"] / first["wall_s"]) / times, 3),
        "memory_exponent": round(math.log(memory) / times, 3),
        "memory_growth": round(memory, 2),
    }


def _holds(measured: Mapping[str, Any]) -> bool:
    return bool(measured.get("time_exponent", 0) <= STEEPEST and measured.get("memory_growth", 0) < FLATTEST)


def _sizes(given: argparse.Namespace, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    for reports in sizes:
        yield _measured(given, reports, {})


def _shared(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    with databases("postgresql") as new:
        for processes in PROCESSES:
            with tempfile.TemporaryDirectory(dir=given.folder) as place, new(Path(place)) as url:
                found = _measured(given, given.sharing, {"HUB_LEDGER_URL": url, "HUB_PROCESSES": str(processes)})
            yield {"workers": processes, **found}


def _measured(given: argparse.Namespace, reports: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """One pass; the peak is of the hub's largest process."""
    made = intake_of(reports, given.incidents, AT, given.intakes)
    with tempfile.TemporaryDirectory(prefix="scaling-", dir=given.folder) as folder:
        found, _ = carry_month(Path(folder), made, environment)
    peak = max(mb for name, mb in found["peak_rss_mb"].items() if name.startswith("hub"))
    figures = {name: found[name] for name in ("wall_s", "hub_cpu_s", "stand_in_cpu_s", "stages")}
    balanced = found["balanced"] and found["account"] == {"accepted": reports}
    return {"reports": reports, **figures, "reports_per_s": round(reports / found["wall_s"], 1), "peak_rss_mb": peak, "balanced": balanced}


if __name__ == "__main__":
    sys.exit(main())
