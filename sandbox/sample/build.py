"""A sample: submissions on real incidents, written as the platform writes them, and what must become of each."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

import orjson
from faker import Faker

from hub.clock import LONDON, day_of
from hub.reports.services import BY_CATEGORY, SERVICES
from hub.words import UNKNOWN, Lane
from sandbox.sample.attachments import BIG, File, attachment
from sandbox.sample.draft import Draft
from sandbox.sample.expected import Expected, Fate
from sandbox.sample.incidents import EXTRACT, Incident, endless, make_up, read, weights
from sandbox.sample.people import People, Wire
from sandbox.sample.plan import ForceOnFile, Slot, Standing, plan, service_of, standing
from sandbox.sample.stories import tell
from sandbox.sample.submissions import References, submission
from sandbox.sample.writing import Intake

ANONYMOUS = {  # assumed: how many reports of a service are anonymous, where it can be
    "crime": 0.06, "anti-social-behaviour": 0.12, "road-traffic": 0.05, "hate-crime": 0.06, "sexual-offences": 0.1, "corruption": 0.35,
    "tell-us-about": 0.3, "stop-and-search": 0.2,
}  # fmt: skip
WELSH = {True: 0.18, False: 0.003}  # assumed: in Wales, elsewhere
ATTACHED = 0.025  # assumed; of road traffic reports with footage, ten times as many
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
    """Write `reports` submissions under `out/intake` and `out/expected.json`; the same bytes for the same seed, time and forces.

    They are dated the day before `at` in Europe/London, and judged as on the day of `at`. `progress` is told how many are
    written. Raises FileExistsError where something lies in `out/intake` already, ValueError for incidents that cannot be used.
    """
    source = incidents or EXTRACT
    making = _Making(seed, at, read(source), {slug: standing(force, day_of(at)) for slug, force in registry.forces.items()})
    expected = Expected(seed, at, source.name, making.planted, making.made_up, making.notes)
    intake = Intake(out / "intake", reports, ndjson_lines)
    for body, files, fate in making.submissions(reports):
        name, line = intake.add(body, fate.submission_id, files)
        expected.submissions.append(Fate(name, line, fate.submission_id, fate.force, fate.service, fate.outcome, fate.code, fate.lane))
        if expected.reports % PROGRESS_EVERY == 0:
            progress(expected.reports)
    intake.close()
    expected.write(out / "expected.json")
    progress(expected.reports)
    return expected
