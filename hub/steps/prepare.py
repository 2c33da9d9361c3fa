"""Prepare: waiting reports are checked in pooled batches, mapped, encoded, validated and sealed into drops."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from hub.clock import Clock, day_of
from hub.contracts import Format, Misconfigured
from hub.forces.files import URGENT_AT_ONCE
from hub.forces.registry import Registry, Route
from hub.ledger.changes import Author, Move
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Claimed, HeldGroup, claim, give_back, held, let_go, move
from hub.mapping.compile import Unmappable
from hub.mapping.record import Record, Signal
from hub.quality.checks import Checks, Finding
from hub.reports.model import Report
from hub.reports.reader import Unreadable, read
from hub.steps.gates import Gates
from hub.steps.pick_up import held_by
from hub.steps.seal import Ready, seal_drops
from hub.words import Lane, Purpose, Severity, State

BATCH = 1_000  # reports checked together: the checks cost some 0.1 s a batch whatever its size, each report some 20 KB meanwhile

FormatOf = Callable[[Route], Format]


@dataclass
class Prepared:
    """What preparing did: reports `sealed` in `drops`, set aside by `codes`, and held ones `let_go`."""

    sealed: int = 0
    drops: int = 0
    let_go: int = 0
    quarantined: int = 0
    held: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Open:
    """A claimed report on its way through this batch."""

    claimed: Claimed
    report: Report
    route: Route
    signals: tuple[Signal, ...] = ()


class _Batch:
    """Collects what is set aside while the rest of the batch goes on."""

    def __init__(self, done: Prepared) -> None:
        self.moves: dict[str, list[Move]] = defaultdict(list)
        self.done = done

    def quarantine(self, claimed: Claimed, code: str, where: str | None) -> None:
        self.moves[claimed.force].append(Move(claimed.report_id, State.WAITING, State.QUARANTINED, code=code, where=where))
        self.done.quarantined += 1
        self.done.codes[code] += 1

    def hold(self, claimed: Claimed, code: str) -> None:
        self.moves[claimed.force].append(Move(claimed.report_id, State.WAITING, State.HELD, code=code))
        self.done.held += 1
        self.done.codes[code] += 1


def prepare(
    ledger: Ledger,
    registry: Registry,
    format_of: FormatOf,
    checks: Checks,
    clock: Clock,
    *,
    forces: Collection[str] | None = None,
    due: Collection[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Bring what waits into sealed drops, or say why not. Raises LedgerUnavailable; what was committed stays.

    `due` are the forces whose drops are due now: of the others only what their routes want at once is taken. Default: all are due.
    """
    gates = Gates.of(ledger)
    done = Prepared(let_go=_let_go(ledger, registry, gates, format_of, clock.now()))
    not_yet = {} if due is None else waits_for_its_slot(registry, due, clock.today())
    while claimed := claim(ledger, BATCH, forces, not_yet):
        try:
            _prepare(ledger, registry, gates, format_of, checks, clock.now(), claimed, done)
        except BaseException:
            give_back(ledger, claimed)
            raise
        if progress:
            progress(len(claimed))
    return done


def waits_for_its_slot(registry: Registry, due: Collection[str], day: date) -> dict[Lane, set[str]]:
    """By lane the forces whose reports are not to leave yet. A force without a route today has no slot: it holds its reports."""
    routes = {force: route for force, known in registry.forces.items() if force not in due and (route := known.primary_on(day))}
    urgent = {force for force, route in routes.items() if route.drops.urgent != URGENT_AT_ONCE}
    return {Lane.ROUTINE: set(routes), Lane.URGENT: urgent}


def _let_go(ledger: Ledger, registry: Registry, gates: Gates, format_of: FormatOf, now: datetime) -> int:
    """What was held for a date, a file or a switch may have it now."""
    return sum(let_go(ledger, group, now) for group in held(ledger) if _may_go(registry, gates, format_of, group, now))


def _may_go(registry: Registry, gates: Gates, format_of: FormatOf, group: HeldGroup, now: datetime) -> bool:
    if held_by(registry, group.force, group.service, now):
        return False
    return _closed(registry.forces[group.force].primary_on(day_of(now)), gates, format_of) is None


def _has_format(route: Route, format_of: FormatOf) -> bool:
    """Whether the route's file describes a format that can be made: only an adapter can tell."""
    try:
        format_of(route)
    except Misconfigured:
        return False
    return True


def _prepare(
    ledger: Ledger,
    registry: Registry,
    gates: Gates,
    format_of: FormatOf,
    checks: Checks,
    now: datetime,
    claimed: Sequence[Claimed],
    done: Prepared,
) -> None:
    batch, day = _Batch(done), day_of(now)
    opened = list(_open(registry, gates, format_of, now, claimed, batch))
    passed = _check(checks, opened, day, batch)
    ready = _check_records(checks, list(_map(passed, day, batch)), batch)
    move(ledger, Author("prepare", now), batch.moves)
    for (route, lane), members in _by_lane(ready).items():
        sealed = seal_drops(ledger, route, lane, format_of(route), members, now)
        done.sealed += sealed.reports
        done.drops += sealed.drops
        done.quarantined += sealed.codes.total()
        done.codes.update(sealed.codes)


def _open(
    registry: Registry, gates: Gates, format_of: FormatOf, now: datetime, claimed: Iterable[Claimed], batch: _Batch
) -> Iterable[_Open]:
    day = day_of(now)
    for each in claimed:
        code = held_by(registry, each.force, each.service, now)
        route = None if code else _route_for(registry, each, day)
        code = code or _closed(route, gates, format_of)
        if code or route is None:
            batch.hold(each, code or "no-route")
        elif report := _report(each, batch):
            yield _Open(each, report, route)


def _closed(route: Route | None, gates: Gates, format_of: FormatOf) -> str | None:
    """Why a report must not take this route now; None where it may."""
    if route is None:
        return "no-route"
    return gates.closed_for(route) or (None if _has_format(route, format_of) else "force-file-broken")


def _report(claimed: Claimed, batch: _Batch) -> Report | None:
    """The report; None where it is in quarantine instead."""
    if claimed.body is None:
        batch.quarantine(claimed, "body-missing", None)
        return None
    try:
        return read(claimed.body).report
    except Unreadable as fault:
        batch.quarantine(claimed, fault.code, fault.where)
    except Exception as defect:
        batch.quarantine(claimed, "hub-defect", type(defect).__name__)
    return None


def _route_for(registry: Registry, claimed: Claimed, day: date) -> Route | None:
    """The primary route of today, or the fallback that the report was sent back for."""
    force = registry.forces[claimed.force]
    back = (route for route in force.routes_on(day) if route.purpose is Purpose.FALLBACK and route.name == claimed.route)
    return next(back, None) or force.primary_on(day)


def _check(checks: Checks, opened: Sequence[_Open], day: date, batch: _Batch) -> list[_Open]:
    """Those that may go on; the others are in quarantine with the code of the first rule that they failed."""
    findings = _by_key(checks.reports([each.report for each in opened], day))
    return list(_judge(opened, findings, batch))


def _check_records(checks: Checks, mapped: Sequence[tuple[_Open, Record]], batch: _Batch) -> list[Ready]:
    """The same for the records, profile by profile."""
    by_profile: dict[str, list[Record]] = defaultdict(list)
    for each, record in mapped:
        if each.route.checks:
            by_profile[each.route.checks].append(record)
    findings = _by_key(found for profile, records in by_profile.items() for found in checks.records(profile, records))
    records = {each.claimed.report_id: record for each, record in mapped}
    passed = _judge([each for each, _ in mapped], findings, batch)
    return [_ready(each, records[each.claimed.report_id]) for each in passed]


def _ready(each: _Open, record: Record) -> Ready:
    return Ready(each.claimed, each.route, replace(record, signals=record.signals + each.signals))


def _by_key(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.key].append(finding)
    return found


def _judge(opened: Iterable[_Open], findings: dict[str, list[Finding]], batch: _Batch) -> Iterable[_Open]:
    for each in opened:
        found = findings.get(each.report.submission_id, [])
        block = next((finding for finding in found if finding.severity == Severity.BLOCK), None)
        if block:
            batch.quarantine(each.claimed, block.code, block.field)
            continue
        batch.done.warnings.update(finding.code for finding in found)
        told = tuple(Signal(f"check-{finding.severity}", finding.code) for finding in found)
        yield replace(each, signals=each.signals + told) if told else each


def _map(opened: Iterable[_Open], day: date, batch: _Batch) -> Iterable[tuple[_Open, Record]]:
    for each in opened:
        try:
            yield each, each.route.mapping(each.report.service).apply(each.report, day)
        except Unmappable as fault:
            batch.quarantine(each.claimed, fault.code, fault.path)
        except Exception as defect:
            batch.quarantine(each.claimed, "hub-defect", type(defect).__name__)


def _by_lane(ready: Iterable[Ready]) -> dict[tuple[Route, Lane], list[Ready]]:
    """Urgent lanes first."""
    found: dict[tuple[Route, Lane], list[Ready]] = defaultdict(list)
    for each in ready:
        found[each.route, each.claimed.lane].append(each)
    return dict(sorted(found.items(), key=lambda item: (item[0][1] != Lane.URGENT, item[0][0].force, item[0][0].name)))
