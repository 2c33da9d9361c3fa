"""Map: claimed reports become records, a block at a time, and what the checks look at of both goes into their pool."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from msgspec.structs import replace

from hub.forces.registry import Registry, Route
from hub.ledger.queue import Claimed
from hub.mapping.compile import Unmappable
from hub.mapping.record import Record
from hub.quality.checks import Pool
from hub.reports.model import Report
from hub.steps.gates import FormatOf, Gates, route_for
from hub.words import Lane, Purpose

BLOCK = 64  # reports read, looked at and mapped one after the other while the processor's cache has them: in half the time


class Mapped(NamedTuple):
    """A claimed report that was read, and what may become of it if the checks let it.

    Either it has the route that it goes by and its record, or the code that it is `held` with, or why it cannot be mapped: its code and
    where.
    """

    claimed: Claimed
    key: str  # the submission id
    route: Route | None = None
    record: Record | None = None
    held: str | None = None
    unmapped: tuple[str, str | None] | None = None


class Ways:
    """By which route reports go now, or why they may not leave: looked up once for all that are alike."""

    def __init__(self, registry: Registry, gates: Gates, format_of: FormatOf, now: datetime) -> None:
        self._registry, self._gates, self._format_of, self._now = registry, gates, format_of, now
        self._found: dict[tuple[str, Purpose, str | None, Lane], tuple[Route | None, str | None]] = {}

    def of(self, claimed: Claimed) -> tuple[Route | None, str | None]:
        """The route, and the code that a report is held with; one of the two is None."""
        key = (claimed.force, claimed.purpose, claimed.route, claimed.lane)
        if key not in self._found:
            self._found[key] = self._look(claimed)
        return self._found[key]

    def _look(self, claimed: Claimed) -> tuple[Route | None, str | None]:
        route = route_for(self._registry, claimed.force, claimed.purpose, claimed.route, self._now)
        code = self._gates.closed_for(route, claimed.lane, self._format_of, self._now)
        return (None, code) if code else (route, None)


def map_block(opened: Iterable[tuple[Claimed, Report]], ways: Ways, day: date, pool: Pool) -> list[Mapped]:
    """A block of reports: what the checks look at of them and of their records goes into the pool. The reports are not needed any more."""
    block = list(opened)
    pool.reports([report for _, report in block])
    mapped = [_mapped(claimed, report, *ways.of(claimed), day) for claimed, report in block]
    by_profile: dict[str, list[Record]] = defaultdict(list)
    for each in mapped:
        if each.record and each.route and each.route.checks:
            by_profile[each.route.checks].append(each.record)
    for profile, records in by_profile.items():
        pool.records(profile, records)
    return mapped


def _mapped(claimed: Claimed, report: Report, route: Route | None, held: str | None, day: date) -> Mapped:
    if route is None:
        return Mapped(claimed, report.submission_id, held=held)
    try:
        record = route.mapping(report.service).apply(_for(route, report), day)
    except Unmappable as fault:
        return Mapped(claimed, report.submission_id, unmapped=(fault.code, fault.path))
    except Exception as defect:
        return Mapped(claimed, report.submission_id, unmapped=("hub-defect", type(defect).__name__))
    return Mapped(claimed, report.submission_id, route, record)


def _for(route: Route, report: Report) -> Report:
    """A report that was re-routed is its new force's in the record, too."""
    return report if report.force_code == route.force_code else replace(report, force_code=route.force_code)
