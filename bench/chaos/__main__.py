"""The chaos run from the command line: `python -m bench.chaos --seed S --reports N --json`."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from bench.chaos.ledgers import databases
from bench.chaos.nursery import warm_up
from bench.chaos.plan import Plan
from bench.chaos.run import Outcome, Watcher, run

SHOWN = 20  # faults that are told in words


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 where anything was lost, doubled, altered or out of sequence, did not balance, or did not come to an end."""
    given = _parser().parse_args(arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers are forked: nothing they import may start a thread
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")  # who is killed leaves its semaphores behind
    warm_up()
    workers = given.workers or {"sqlite": 2, "postgresql": 3}[given.ledger]
    ended: list[Outcome] = []
    with databases(given.ledger) as new:
        for seed in range(given.seed, given.seed + given.seeds):
            plan = Plan(seed, given.reports, given.ledger, workers, given.kills, given.faults, given.portions, given.patience)
            folder = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-", dir=given.folder))
            with new(folder) as url, _watching(plan) as watcher:
                ended.append(run(plan, folder, url, watcher))
            _tell(ended[-1], folder, as_json=given.json)
            if ended[-1].right and not given.keep:
                shutil.rmtree(folder)
    if len(ended) > 1:
        print(json.dumps(_total(ended)))  # noqa: T201 - a command's answer
    return 0 if all(outcome.right for outcome in ended) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description="Carries reports while all fails, and judges the far ends.")
    parser.add_argument("--seed", type=int, default=1, help="decides the sample, the faults and the kills")
    parser.add_argument("--seeds", type=int, default=1, help="how many runs, with this seed and the ones that follow")
    parser.add_argument("--reports", type=int, default=2_000)
    parser.add_argument("--ledger", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--workers", type=int, help="default 2 on SQLite, 3 on PostgreSQL")
    parser.add_argument("--kills", type=int, default=10, help="at least so many; until then reports are kept back")
    parser.add_argument("--faults", type=int, default=50, help="at least so many")
    parser.add_argument("--portions", type=int, default=12, help="in which the intake is filled; a kill lies between each two")
    parser.add_argument("--patience", type=float, default=180, help="seconds for the storm, and again for the calm after it")
    parser.add_argument("--folder", type=Path, help="where the runs lie; those that fail stay there")
    parser.add_argument("--keep", action="store_true", help="keep those that are right, too")
    parser.add_argument("--json", action="store_true", help="one line of JSON a run")
    return parser


def _tell(outcome: Outcome, folder: Path, *, as_json: bool) -> None:
    """The line of one run; what is wrong with it goes to standard error, in words."""
    told = outcome.told()
    print(json.dumps(told) if as_json else "  ".join(f"{name} {value}" for name, value in told.items()))  # noqa: T201 - a command's answer
    if outcome.right:
        return
    wrong = [*outcome.verdict.faults[:SHOWN], *(f"{n} still {what}" for what, n in outcome.left.items()), outcome.defects]
    sys.stderr.write("\n".join(["", f"seed {outcome.plan.seed} failed; all of it lies in {folder}", *wrong, ""]))


def _total(ended: Sequence[Outcome]) -> dict[str, object]:
    lines = [outcome.told() for outcome in ended]
    summed = ("reports", *Outcome.COUNTED, "kills", "pauses", "faults")
    total = {name: sum(int(str(line[name])) for line in lines) for name in summed}
    seconds = round(sum(outcome.wall_seconds for outcome in ended), 1)
    return {"runs": len(ended), "right": sum(outcome.right for outcome in ended), **total, "wall_s": seconds}


@contextmanager
def _watching(plan: Plan) -> Iterator[Watcher]:
    """A line on standard error for a person who watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        line = progress.add_task(f"seed {plan.seed}")

        def watch(kills: int, faults: int, ended: int) -> None:
            told = f"seed {plan.seed}: {kills} kills, {faults} faults, {ended} of {plan.reports} reports at their end"
            progress.update(line, description=told)

        yield watch


if __name__ == "__main__":
    sys.exit(main())
