"""How fast reports become records: each profile's declared field map, and beside it the same work written out in plain Python.

    python -m bench.mapping [--json] [--reports 2000] [--rounds 7]

Both make the same names, values and signals of the same made-up reports, which is asserted before anything is timed. The two take
turns, and the best of the rounds counts, in processor time of this process: other work on the machine disturbs both alike.
The target is 1.5 times the hand-written time. Where `../shared` has the police-to-court schemas, their profile is measured too.
"""

import argparse
import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from bench.by_hand import athena_style, connect_style, mark43_style, niche_style, policeworks_style, red_sigma_style
from bench.by_hand.writing import Codes, Nodes, Signals
from hub.forces.profiles import Profile, load_profile
from hub.mapping.record import Node, Record
from hub.reports.model import Report
from hub.reports.reader import read
from hub.reports.services import MODELLED

ROOT = Path(__file__).parents[1]
THIRD_PARTY = ROOT.parent / "shared" / "data" / "corpora" / "spi"
TARGET = 1.5
DAY = date(2026, 11, 22)
BY_HAND: Mapping[str, Callable[[Report, Codes], tuple[Nodes, Signals]]] = {
    "athena-style": athena_style.record,
    "connect-style": connect_style.record,
    "mark43-style": mark43_style.record,
    "niche-style": niche_style.record,
    "policeworks-style": policeworks_style.record,
    "red-sigma-style": red_sigma_style.record,
}


@dataclass(frozen=True)
class Measured:
    """One profile: records a second, and where there is a hand-written one that of it, and how many times longer ours takes."""

    profile: str
    records_per_second: int
    by_hand_per_second: int | None = None
    ratio: float | None = None

    @property
    def within(self) -> bool:
        return self.ratio is None or self.ratio <= TARGET


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and ends with 1 where a profile misses the target."""
    said = _arguments(arguments)
    found = [measured(profile, said.reports, said.rounds) for profile in _profiles()]
    print(json.dumps([asdict(one) for one in found], indent=2) if said.json else _table(found))  # noqa: T201 - it is what the command is for
    return 0 if all(one.within for one in found) else 1


def measured(profile: Profile, number: int, rounds: int) -> Measured:
    """The profile's own field map, on reports of the services that it models."""
    reports = _reports(number, profile.file.models)
    declared = profile.maps[0].apply
    by_hand = BY_HAND.get(profile.file.profile)
    if by_hand is None:
        (ours,) = _fastest(rounds, lambda: [declared(report, DAY) for report in reports])
        return Measured(profile.file.profile, round(number / ours))
    codes = _codes(profile)
    assert_the_same(profile, reports, by_hand, codes)
    ours, theirs = _fastest(
        rounds, lambda: [declared(report, DAY) for report in reports], lambda: [by_hand(report, codes) for report in reports]
    )
    return Measured(profile.file.profile, round(number / ours), round(number / theirs), round(ours / theirs, 2))


def assert_the_same(
    profile: Profile, reports: Sequence[Report], by_hand: Callable[[Report, Codes], tuple[Nodes, Signals]], codes: Codes
) -> None:
    """Names, values and signals of every report. Raises AssertionError."""
    for report in reports:
        record = profile.maps[0].apply(report, DAY)
        nodes, signals = by_hand(report, codes)
        if (_outline(record.nodes), _signals(record)) != (nodes, signals):
            raise AssertionError(f"{profile.file.profile}: the field map and the hand-written one differ on {report.submission_id}")


def _fastest(rounds: int, *works: Callable[[], object]) -> tuple[float, ...]:
    """The best processor time of each, in seconds, taking turns."""
    times: list[list[float]] = [[] for _ in works]
    gc.disable()
    try:
        for _ in range(rounds):
            for work, taken in zip(works, times, strict=True):
                begun = time.process_time()
                work()
                taken.append(time.process_time() - begun)
                gc.collect()
    finally:
        gc.enable()
    return tuple(map(min, times))


def _codes(profile: Profile) -> Codes:
    names = {name.replace("-", "_"): name for path in (profile.folder / "codes").glob("*.csv") if (name := path.stem)}
    return Codes(**{field: profile.codes_of(name).on(DAY) for field, name in names.items()})


def _profiles() -> list[Profile]:
    """The shipped ones, and the test's on third-party schemas where these are there."""
    folders = sorted((ROOT / "mappings" / "profiles").iterdir())
    profiles = [load_profile(folder) for folder in folders if folder.is_dir()]
    return [*profiles, _third_party()] if THIRD_PARTY.is_dir() else profiles


def _third_party() -> Profile:
    """The test's profile with the schemas that it is for beside it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "spi"
        shutil.copytree(ROOT / "tests" / "profiles" / "spi", folder)
        for schema in THIRD_PARTY.glob("*.xsd"):
            shutil.copy(schema, folder)
        return load_profile(folder)


def _reports(number: int, services: Sequence[str]) -> list[Report]:
    from sandbox.sample import incidents
    from sandbox.sample.making import Making
    from sandbox.sample.plan import Standing

    wanted = frozenset(services or MODELLED)
    forces = {"kent": Standing("kent", "46", False, wanted, {}, False), "gwent": Standing("gwent", "61", True, wanted, {}, False)}
    making = Making(7, datetime(2026, 11, 22, 6, tzinfo=UTC), incidents.read(incidents.EXTRACT), forces)
    clean = (read(made.body).report for made in making.submissions(2 * number + 100) if made.fate.outcome == "accepted")
    return list(islice(clean, number))


def _outline(nodes: Sequence[Node]) -> Nodes:
    return [(field.name, _outline(content) if isinstance(content, list) else content) for field, content in nodes]


def _signals(record: Record) -> Signals:
    return [(signal.kind, signal.field) for signal in record.signals]


def _table(found: Sequence[Measured]) -> str:
    lines = [f"{'profile':<20}{'records/s':>12}{'by hand':>12}{'ratio':>8}"]
    lines += [f"{one.profile:<20}{one.records_per_second:>12,}{one.by_hand_per_second or '':>12}{one.ratio or '':>8}" for one in found]
    return "\n".join(lines)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.mapping", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--reports", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
