"""Prepare: waiting reports are checked in pooled batches, mapped, encoded, validated and sealed into drops."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from hub.clock import Clock, day_of
from hub.forces.registry import Registry, Route
from hub.garbage import uncollected
from hub.ledger.changes import Author, Move
from hub.ledger.checked import Tally
from hub.ledger.copies import copy
from hub.ledger.leases import cut_claims
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Claimed, NotYet, Opened, claim, give_back, move, opened
from hub.ledger.relearning import settle_found
from hub.mapping.record import Signal
from hub.quality.checks import Checks, Finding
from hub.reports.model import Report
from hub.reports.reader import Unreadable, read_again
from hub.steps.gates import EncryptionOf, FormatOf, Gates, let_go_of_held, not_encrypted
from hub.steps.map import BLOCK, Mapped, Ways, map_block
from hub.steps.pick_up import Live
from hub.steps.ready import Ready
from hub.steps.seal import seal_drops
from hub.words import Lane, Purpose, Severity, State

BATCH = 2_000  # reports checked together: the checks cost some 25 ms a batch whatever its size, each report some 8 KB meanwhile
OPENED = 4 * BLOCK  # reports whose bytes are held at once

T = TypeVar("T")


@dataclass
class Prepared:
    """What preparing did: reports `sealed` in `drops`, set aside by `codes`, and held ones `let_go`.

    `known` ones had left already, or may have, before the ledger was restored. `unfinished`: its time was over before all were looked at.
    """

    sealed: int = 0
    drops: int = 0
    let_go: int = 0
    quarantined: int = 0
    held: int = 0
    known: int = 0
    unfinished: bool = False
    codes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


Findings = Mapping[str, Sequence[Finding]]  # by submission id


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
    begin_for: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Prepared:
    """Bring what waits into sealed drops, or say why not. Raises LedgerUnavailable; what was committed stays.

    `not_yet` says whose reports go on waiting for their slot (`hub.steps.slots`). Default: all may leave. What is urgent and comes
    meanwhile goes before the next batch of routine reports; after `begin_for` seconds no other batch is begun.
    """
    began = time.monotonic()
    cut_claims(ledger)
    gates = Gates.of(ledger, registry, clock.now())
    done = Prepared(let_go=let_go_of_held(ledger, registry, gates, format_of, clock.now()))
    while claimed := claim(ledger, BATCH, forces, not_yet):
        try:
            with uncollected():
                _prepare(ledger, registry, gates, format_of, encryption_of, checks, clock.now(), claimed, done)
        except BaseException:
            give_back(ledger, claimed)
            raise
        if progress:
            progress(len(claimed))
        if begin_for is not None and time.monotonic() - began >= begin_for:
            done.unfinished = True
            break
    return done


def settle_what_left(ledger: Ledger, registry: Registry, format_of: FormatOf, clock: Clock) -> int:
    """What waits in a restored ledger, and its far ends have or may have, is delivered or in doubt. Returns how many.

    Nothing else is prepared. Raises LedgerUnavailable.
    """
    gates, done, kept = Gates.of(ledger, registry, clock.now()), Prepared(), list[int]()
    let_go_of_held(ledger, registry, gates, format_of, clock.now())
    try:
        while claimed := claim(ledger, BATCH):
            kept += claimed
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
    claimed: Sequence[int],
    done: Prepared,
) -> None:
    batch, day = _Batch(done), day_of(now)
    claimed = _without_what_left(ledger, registry, gates, claimed, now, done)
    live, pool, ways, mapped = Live(registry, now), checks.pool(day), Ways(registry, gates, format_of, now), list[Mapped]()
    for some in _blocks(claimed, OPENED):
        for block in _blocks(opened(ledger, some), BLOCK):
            mapped += map_block(_open(live, block, batch), ways, day, pool)
    found = pool.judged(batch.tally.looked)
    passed = list(_passed(mapped, _by_key(found.reports), batch))
    copy(ledger, _copies_of(registry, [each.claimed for each, _ in passed], day), now)
    ready = list(_ready(passed, _by_key(found.records), batch))
    move(ledger, Author("prepare", now), batch.moves, batch.tally)
    for (route, lane), members in _by_lane(ready).items():
        sealed = seal_drops(ledger, route, lane, format_of(route), members, now, encryption_of(route))
        done.sealed += sealed.reports
        done.drops += sealed.drops
        done.quarantined += sealed.codes.total()
        done.codes.update(sealed.codes)


def _without_what_left(
    ledger: Ledger, registry: Registry, gates: Gates, claimed: Sequence[int], now: datetime, done: Prepared
) -> Sequence[int]:
    """What lies at a far end already, of which a restored ledger knew nothing, is not sealed again; its copies go their own way."""
    if not gates.restored:
        return claimed
    taken = [one.claimed for one in opened(ledger, claimed)]
    judged = [one for one in taken if not gates.uncompared.closes(one.force, one.route or "", one.purpose)]
    settled = settle_found(ledger, judged, now, lambda some: copy(ledger, _copies_of(registry, some, day_of(now)), now))
    done.known += len(settled)
    return [report for report in claimed if report not in settled]


def _blocks(things: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (things[start : start + size] for start in range(0, len(things), size))


def _open(live: Live, block: Iterable[Opened], batch: _Batch) -> Iterable[tuple[Claimed, Report]]:
    """The reports of forces and services that are live, read."""
    for each in block:
        claimed = each.claimed
        if code := live.held(claimed.force, claimed.service):
            batch.hold(claimed, code)
        elif report := _report(each, batch):
            yield claimed, report


def _copies_of(registry: Registry, claimed: Iterable[Claimed], day: date) -> dict[int, list[str]]:
    primary = [one for one in claimed if one.purpose is Purpose.PRIMARY and one.force in registry.forces]
    routes = {force: registry.forces[force].copies_on(day) for force in {claimed.force for claimed in primary}}
    carried = {c.report_id: [route.name for route in routes[c.force] if route.carries(c.service, c.lane)] for c in primary}
    return {report: names for report, names in carried.items() if names}


def _report(each: Opened, batch: _Batch) -> Report | None:
    """The report; None where it is in quarantine instead."""
    claimed = each.claimed
    if each.body is None:
        batch.quarantine(claimed, each.fault or "body-missing", None)
        return None
    try:
        return read_again(each.body, each.clean_by).report
    except Unreadable as fault:
        batch.quarantine(claimed, fault.code, fault.where)
    except Exception as defect:
        batch.quarantine(claimed, "hub-defect", type(defect).__name__)
    return None


def _passed(mapped: Iterable[Mapped], findings: Findings, batch: _Batch) -> Iterable[tuple[Mapped, tuple[Signal, ...]]]:
    """Those whose reports may go on; the others are in quarantine with the code of the first rule that they failed."""
    for each in mapped:
        if (told := _judge(each, findings.get(each.key, ()), batch)) is not None:
            yield each, told


def _ready(passed: Iterable[tuple[Mapped, tuple[Signal, ...]]], findings: Findings, batch: _Batch) -> Iterable[Ready]:
    """Those that may leave now, with their records; what is mapped and checked is judged before what a gate holds."""
    for each, told in passed:
        if each.route is None or each.record is None:
            _set_aside(each, batch)
        elif (more := _judge(each, _of_record(each, findings), batch)) is not None:
            signals = told + more
            record = replace(each.record, signals=each.record.signals + signals) if signals else each.record
            yield Ready(each.claimed, each.route, record)


def _set_aside(each: Mapped, batch: _Batch) -> None:
    if each.unmapped:
        batch.quarantine(each.claimed, *each.unmapped)
    else:
        batch.hold(each.claimed, each.held or "no-route")


def _of_record(each: Mapped, findings: Findings) -> Sequence[Finding]:
    """Those of this record: a report and its copy, of another profile, may be in one batch."""
    return [finding for finding in findings.get(each.key, ()) if each.route and finding.suite == each.route.checks]


def _judge(each: Mapped, found: Sequence[Finding], batch: _Batch) -> tuple[Signal, ...] | None:
    """What the checks only mention; None where they block, and the report is in quarantine."""
    if not found:
        return ()
    batch.found(each.claimed, found)
    if block := next((finding for finding in found if finding.severity == Severity.BLOCK), None):
        batch.quarantine(each.claimed, block.code, block.field)
        return None
    batch.done.warnings.update(finding.code for finding in found)
    return tuple(Signal(f"check-{finding.severity}", finding.code) for finding in found)


def _by_key(findings: Iterable[Finding]) -> Findings:
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.key].append(finding)
    return found


def _by_lane(ready: Iterable[Ready]) -> dict[tuple[Route, Lane], list[Ready]]:
    """Urgent lanes first."""
    found: dict[tuple[Route, Lane], list[Ready]] = defaultdict(list)
    for each in ready:
        found[each.route, each.claimed.lane].append(each)
    return dict(sorted(found.items(), key=lambda item: (item[0][1] != Lane.URGENT, item[0][0].force, item[0][0].name)))
