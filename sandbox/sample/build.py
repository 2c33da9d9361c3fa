"""A sample: submissions on real incidents, written as the platform writes them, and what must become of each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from hub.clock import day_of
from sandbox.sample.expected import Expected
from sandbox.sample.faults import counts
from sandbox.sample.incidents import EXTRACT, read
from sandbox.sample.making import Making
from sandbox.sample.plan import ForceOnFile, standing
from sandbox.sample.writing import Intake

PROGRESS_EVERY = 250


class ForcesOnFile(Protocol):
    """What a sample needs of `hub.forces.registry.Registry`."""

    @property
    def forces(self) -> Mapping[str, ForceOnFile]: ...


def build(
    reports: int,
    out: Path,
    seed: int,
    at: datetime,
    incidents: Path | None,
    registry: ForcesOnFile,
    *,
    ndjson_lines: int = 100,
    progress: Callable[[int], None] = lambda _written: None,
) -> Expected:
    """Write `reports` submissions under `out/intake`, and `out/expected.json`; the same bytes for the same seed, time and forces.

    They are dated the day before `at` in Europe/London, and judged as on the day of `at`. `incidents` are gzipped rows of
    data.police.uk, by default the project's extract. `progress` is told how many are written. Raises FileExistsError where
    something lies in `out/intake` already, ValueError for incidents or forces that cannot be used.
    """
    source = incidents or EXTRACT
    forces = {slug: standing(force, day_of(at)) for slug, force in sorted(registry.forces.items())}
    making = Making(seed, at, read(source), forces)
    intake = Intake(out / "intake", reports, ndjson_lines)
    expected = Expected(seed, at, source.name, made_up=making.made_up)
    for made in making.submissions(reports):
        name, line = intake.add(made.body, made.fate.submission_id, made.files)
        expected.submissions.append(replace(made.fate, file=name, line=line))
        if expected.reports % PROGRESS_EVERY == 0:
            progress(expected.reports)
    intake.close()
    expected.planted = making.planted
    expected.notes = _notes(expected, counts(reports))
    expected.write(out / "expected.json")
    progress(expected.reports)
    return expected


def _notes(expected: Expected, wanted: Mapping[str, int]) -> list[str]:
    """What a reader of `expected.json` has to know beside the numbers."""
    notes = ["Everything about people is made up. Places, points and kinds of crime are those of real rows of January 2019."]
    if expected.made_up:
        notes.append(f"No rows exist for {', '.join(expected.made_up)}: their incidents are made up, place and point included.")
    left_out = sorted(kind for kind, count in wanted.items() if expected.planted.get(kind, 0) < count)
    if left_out:
        notes.append(f"Not planted as often as meant, for no force on file makes it possible on this day: {', '.join(left_out)}.")
    return notes
