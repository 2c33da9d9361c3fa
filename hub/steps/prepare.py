"""Prepare: waiting reports are checked in pooled batches, mapped, encoded, validated and sealed into drops."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from hub.clock import Clock, day_of
from hub.forces.registry import Registry, Route
from hub.ledger.changes import Author, Move
from hub.ledger.checked import Tally
from hub.ledger.copies import copy
from hub.ledger.leases import cut_claims
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Claimed, NotYet, claim, give_back, move
from hub.ledger.relearning import settle_found
from hub.mapping.compile import Unmappable
from hub.mapping.record import Record, Signal
from hub.quality.checks import Checks, Finding
from hub.reports.model import Report
from hub.reports.reader import Unreadable, read
from hub.steps.gates import EncryptionOf, FormatOf, Gates, let_go_of_held, not_encrypted, route_for
from hub.steps.pick_up import held_by
from hub.steps.ready import Ready
from hub.steps.seal import seal_drops
from hub.words import Lane, Purpose, Severity, State

BATCH = 2_000  # reports checked together: the checks cost some 0.1 s a batch whatever its size, each report some 20 KB meanwhile


@dataclass
class Prepared:
    """What preparing did: reports `sealed` in `drops`, set aside by `codes`, and held ones `let_go`.

    `known` ones had left already, or may have, before the ledger was restored.
    """

    sealed: int = 0
    drops: int = 0
    let_go: int = 0
    quarantined: int = 0
    held: int = 0
    known: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Open:
    """A claimed report on its way through this batch."""

    claimed: Claimed
    report: Report
    signals: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Mapped:
    """The same, mapped for the route that it goes by."""

    claimed: Claimed
    report: Report
    route: Route
    record: Record
    signals: tuple[Signal, ...] = ()


class _Batch:
    """Collects what is set aside while the rest of the batch goes on."""

    def __init__(self, done: Prepared) -> None:
        self.moves: dict[str, list[Move]] = defaultdict(list)
        self.done = done
        self.tally = Tally()

    def found(self, claimed: Claimed, findings: Iterable[Finding]) -> None:
        """What the checks say of one report, whatever its severity."""
        self.tally.failed.update((finding.suite, finding.code, claimed.force) for finding in findings)

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
    encryption_of: EncryptionOf = not_encrypted,
    forces: Collection[str] | None = None,
    not_yet: Mapping[Lane, NotYet] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Bring what waits into sealed drops, or say why not. Raises LedgerUnavailable; what was committed stays.

    `not_yet` says whose reports go on waiting for their slot (`hub.steps.slots`). Default: all may leave.
    """
    cut_claims(ledger)
    gates = Gates.of(ledger, registry, clock.now())
    done = Prepared(let_go=let_go_of_held(ledger, registry, gates, format_of, clock.now()))
    while claimed := claim(ledger, BATCH, forces, not_yet):
        try:
            _prepare(ledger, registry, gates, format_of, encryption_of, checks, clock.now(), claimed, done)
        except BaseException:
            give_back(ledger, claimed)
            raise
        if progress:
            progress(len(claimed))
    return done


def settle_what_left(ledger: Ledger, registry: Registry, format_of: FormatOf, clock: Clock) -> int:
    """What waits in a restored ledger, and its far ends have or may have, is delivered or in doubt. Returns how many.

    Nothing else is prepared. Raises LedgerUnavailable.
    """
    gates, done, kept = Gates.of(ledger, registry, clock.now()), Prepared(), list[Claimed]()
    let_go_of_held(ledger, registry, gates, format_of, clock.now())
    try:
        while claimed := claim(ledger, BATCH):
            kept += [replace(one, body=None) for one in claimed]
            _without_what_left(ledger, registry, gates, claimed, clock.now(), done)
    finally:
        give_back(ledger, kept)
    return done.known


def _prepare(
    ledger: Ledger,
    registry: Registry,
    gates: Gates,
    format_of: FormatOf,
    encryption_of: EncryptionOf,
    checks: Checks,
    now: datetime,
    claimed: Sequence[Claimed],
    done: Prepared,
) -> None:
    batch, day = _Batch(done), day_of(now)
    claimed = _without_what_left(ledger, registry, gates, claimed, now, done)
    passed = _check(checks, list(_open(registry, now, claimed, batch)), day, batch)
    copy(ledger, _copies(registry, passed, day), now)
    routed = list(_through(registry, gates, format_of, now, passed, batch))
    ready = _check_records(checks, list(_map(routed, day, batch)), batch)
    move(ledger, Author("prepare", now), batch.moves, batch.tally)
    for (route, lane), members in _by_lane(ready).items():
        sealed = seal_drops(ledger, route, lane, format_of(route), members, now, encryption_of(route))
        done.sealed += sealed.reports
        done.drops += sealed.drops
        done.quarantined += sealed.codes.total()
        done.codes.update(sealed.codes)


def _without_what_left(
    ledger: Ledger, registry: Registry, gates: Gates, claimed: Sequence[Claimed], now: datetime, done: Prepared
) -> Sequence[Claimed]:
    """What lies at a far end already, of which a restored ledger knew nothing, is not sealed again; its copies go their own way."""
    if not gates.restored:
        return claimed
    judged = [one for one in claimed if not gates.uncompared.closes(one.force, one.route or "", one.purpose)]
    settled = settle_found(ledger, judged, now, lambda some: copy(ledger, _copies_of(registry, some, day_of(now)), now))
    done.known += len(settled)
    return [one for one in claimed if one.report_id not in settled]


def _open(registry: Registry, now: datetime, claimed: Iterable[Claimed], batch: _Batch) -> Iterable[_Open]:
    """The reports of forces and services that are live, read."""
    for each in claimed:
        if code := held_by(registry, each.force, each.service, now):
            batch.hold(each, code)
        elif report := _report(each, batch):
            yield _Open(each, report)


def _copies(registry: Registry, passed: Iterable[_Open], day: date) -> dict[int, list[str]]:
    """The names of the routes that are to carry a copy of each: of what passed the checks, whatever becomes of it on its primary route."""
    return _copies_of(registry, [each.claimed for each in passed], day)


def _copies_of(registry: Registry, claimed: Iterable[Claimed], day: date) -> dict[int, list[str]]:
    primary = [one for one in claimed if one.purpose is Purpose.PRIMARY and one.force in registry.forces]
    routes = {force: registry.forces[force].copies_on(day) for force in {claimed.force for claimed in primary}}
    carried = {c.report_id: [route.name for route in routes[c.force] if route.carries(c.service, c.lane)] for c in primary}
    return {report: names for report, names in carried.items() if names}


def _through(
    registry: Registry, gates: Gates, format_of: FormatOf, now: datetime, passed: Iterable[_Open], batch: _Batch
) -> Iterable[tuple[_Open, Route]]:
    """Those that may leave now, each with the route that it goes by; the others are held."""
    for each in passed:
        claimed = each.claimed
        route = route_for(registry, claimed.force, claimed.purpose, claimed.route, now)
        code = gates.closed_for(route, claimed.lane, format_of, now)
        if code or route is None:
            batch.hold(claimed, code or "no-route")
        else:
            yield each, route


def _report(claimed: Claimed, batch: _Batch) -> Report | None:
    """The report; None where it is in quarantine instead."""
    if claimed.body is None:
        batch.quarantine(claimed, claimed.fault or "body-missing", None)
        return None
    try:
        return read(claimed.body).report
    except Unreadable as fault:
        batch.quarantine(claimed, fault.code, fault.where)
    except Exception as defect:
        batch.quarantine(claimed, "hub-defect", type(defect).__name__)
    return None


def _check(checks: Checks, opened: Sequence[_Open], day: date, batch: _Batch) -> list[_Open]:
    """Those that may go on; the others are in quarantine with the code of the first rule that they failed."""
    findings = _by_key(checks.reports([each.report for each in opened], day, batch.tally.looked))
    return list(_judge(opened, findings, batch))


def _check_records(checks: Checks, mapped: Sequence[_Mapped], batch: _Batch) -> list[Ready]:
    """The same for the records, profile by profile."""
    by_profile: dict[str, list[Record]] = defaultdict(list)
    for each in mapped:
        if each.route.checks:
            by_profile[each.route.checks].append(each.record)
    findings = _by_key(found for profile, records in by_profile.items() for found in checks.records(profile, records, batch.tally.looked))
    return [_ready(each) for each in _judge(mapped, findings, batch)]


def _ready(each: _Mapped) -> Ready:
    return Ready(each.claimed, each.route, replace(each.record, signals=each.record.signals + each.signals))


def _by_key(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.key].append(finding)
    return found


_Each = TypeVar("_Each", _Open, _Mapped)


def _judge(opened: Iterable[_Each], findings: dict[str, list[Finding]], batch: _Batch) -> Iterable[_Each]:
    for each in opened:
        found = findings.get(each.report.submission_id, [])
        batch.found(each.claimed, found)
        block = next((finding for finding in found if finding.severity == Severity.BLOCK), None)
        if block:
            batch.quarantine(each.claimed, block.code, block.field)
            continue
        batch.done.warnings.update(finding.code for finding in found)
        told = tuple(Signal(f"check-{finding.severity}", finding.code) for finding in found)
        yield replace(each, signals=each.signals + told) if told else each


def _map(routed: Iterable[tuple[_Open, Route]], day: date, batch: _Batch) -> Iterable[_Mapped]:
    for each, route in routed:
        try:
            record = route.mapping(each.report.service).apply(_for(route, each.report), day)
        except Unmappable as fault:
            batch.quarantine(each.claimed, fault.code, fault.path)
        except Exception as defect:
            batch.quarantine(each.claimed, "hub-defect", type(defect).__name__)
        else:
            yield _Mapped(each.claimed, each.report, route, record, each.signals)


def _for(route: Route, report: Report) -> Report:
    """A report that was re-routed is its new force's in the record, too."""
    return report if report.force_code == route.force_code else report.model_copy(update={"force_code": route.force_code})


def _by_lane(ready: Iterable[Ready]) -> dict[tuple[Route, Lane], list[Ready]]:
    """Urgent lanes first."""
    found: dict[tuple[Route, Lane], list[Ready]] = defaultdict(list)
    for each in ready:
        found[each.route, each.claimed.lane].append(each)
    return dict(sorted(found.items(), key=lambda item: (item[0][1] != Lane.URGENT, item[0][0].force, item[0][0].name)))
