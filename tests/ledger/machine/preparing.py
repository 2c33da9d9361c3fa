"""From the intake to a sealed drop: what arrives, is copied, taken on, set aside and sealed, and what a person decides."""

from collections.abc import Sequence

from hub.ledger.arrivals import Arrival, record
from hub.ledger.changes import NEXT, Move
from hub.ledger.copies import copy
from hub.ledger.dispatching import begin_schedules, served
from hub.ledger.drops import Filled, Member, Sealing, header_for, seal, seal_empty
from hub.ledger.errors import IllegalChange, Overtaken
from hub.ledger.queue import claim, give_back, held, let_go, move
from hub.words import Lane, PayloadKind, Purpose, State
from tests.ledger.machine.model import COPY, FORCE, PRIMARY, ROUTES, Model, Operation, Worker
from tests.ledger.making import AT, XML, an_arrival, stored
from tests.ledger.picture import Row

_MINE = ("service-not-live", "no-route")  # codes of what no circuit, pause or window holds


def _arrive(m: Model) -> None:
    """New ones, files read again after a crash, the same submission sent anew, and another under a known id."""
    some = {_one_more(m, offset) for offset in range(m.number(4, 1))}
    brought = [_arrival(m, *one) for one in sorted(some)]
    there = {row["arrival"] for row in m.seen["submissions"]}
    must: dict[str, State] = {}
    for (number, body, _), arrival in zip(sorted(some), brought, strict=True):
        if arrival.arrival not in there:
            known = m.digests.setdefault(number, set())
            must[arrival.arrival] = arrival.state if not known else State.DUPLICATE if body in known else State.QUARANTINED
            known.add(body)
    recorded = record(m.ledger, brought, m.at)
    assert recorded.settled == {arrival.arrival for arrival in brought}
    assert {arrival.arrival: arrival.state for arrival in recorded.entered} == must


def _one_more(m: Model, offset: int) -> tuple[int, int, int]:
    """A submission's number, which body came under its id, and how often it has been sent."""
    if m.digests and m.chance(5):
        return m.one(sorted(m.digests)), m.number(1), m.number(1)
    return len(m.digests) + 1 + offset, 0, 0


def _arrival(m: Model, number: int, body: int, again: int) -> Arrival:
    lane, is_held = (Lane.URGENT if m.chance(4) else Lane.ROUTINE), m.chance(8)
    state, code = (State.HELD, "service-not-live") if is_held else (State.WAITING, None)
    bytes_ = stored(b"body %d of %d" % (body, number))
    return an_arrival(number, arrival=f"{number}.{body}.{again}", body=bytes_, lane=lane, state=state, code=code)


def _primaries(m: Model) -> list[Row]:
    mine = [row for row in m.seen["reports"] if row["purpose"] == Purpose.PRIMARY and row["state"] != State.DUPLICATE]
    return [row for row in mine if row["state"] == State.WAITING] or mine


def _copy(m: Model) -> None:
    """Each once, however often it is asked for, and only while the report itself waits."""
    there = {row["submission_id"] for row in m.seen["reports"] if row["purpose"] == Purpose.COPY}
    some = [m.one(_primaries(m)) for _ in range(2)]
    new = {row["id"] for row in some if row["submission_id"] not in there and row["state"] == State.WAITING}
    assert copy(m.ledger, {row["id"]: [COPY.name] for row in some}, m.at) == len(new)
    with m.changes_nothing():
        assert copy(m.ledger, {row["id"]: [COPY.name] for row in some}, m.at) == 0


def _take_on(m: Model) -> None:
    """No report that another has, and whose lease has not ended."""
    worker = m.one(m.workers)
    before = {row["id"]: row for row in m.seen["reports"]}
    for report in claim(worker.ledger, m.number(5, 1)):
        row = before[report]
        assert (row["state"], row["lease_until"] is None or row["lease_until"].startswith("2000")) == (State.WAITING, True)
        worker.reports[report] = row["route"] or PRIMARY.name, Lane(row["lane"])


def _give_back(m: Model) -> None:
    worker = m.one(m.who(lambda w: w.reports))
    give_back(worker.ledger, list(worker.reports))
    worker.reports = {}


def _set_aside(m: Model) -> None:
    worker = m.one(m.who(lambda w: w.reports))
    report, _ = worker.reports.popitem()
    end, code = m.one(((State.QUARANTINED, "code-unmapped"), (State.HELD, "no-route")))
    if _state(m, report) == State.WAITING:
        _move(m, report, State.WAITING, end, code)
        return
    with m.changes_nothing(Overtaken):
        _move(m, report, State.WAITING, end, code)
    m.reached["overtaken decisions refused"] += 1


def _seal(m: Model) -> None:
    """What it took on, as far as nobody took it over, and under a number that nobody took: else nothing is written."""
    worker = m.one(m.who(lambda w: w.reports))
    name, lane = m.one(sorted(set(worker.reports.values())))
    mine = [report for report, way in sorted(worker.reports.items()) if way == (name, lane)][: m.number(4, 1)]
    for report in mine:
        del worker.reports[report]
    header = header_for(worker.ledger, ROUTES[name], lane, m.at)
    parts = _parts(header.key, mine, shared=m.chance(2), files=m.number(2))
    if any(_state(m, report) != State.WAITING for report in mine):
        with m.changes_nothing(Overtaken):
            seal(worker.ledger, ROUTES[name], [Filled(header, parts, [Member(report) for report in mine])])
        m.reached["overtaken seals refused"] += 1
        return
    assert header.voided == m.void_numbers(name, lane)
    drop_id = seal(worker.ledger, ROUTES[name], [Filled(header, parts, [Member(report) for report in mine])])[0]
    m.announce(header, drop_id)
    sealed = {row["sequence"] for row in m.look()["drops"] if row["announced_in"] == drop_id}
    assert sealed == set(header.voided)


def _parts(key: str, ids: Sequence[int], *, shared: bool, files: int) -> list[Sealing]:
    """A drop's pieces: attachments of its first reports, records for all or for each, and what announces them."""
    first = [Sealing(f"{key}/{i}.a", f"{i}.jpg", PayloadKind.ATTACHMENT, "image/jpeg", stored(b"file"), (i,), str(i)) for i in ids[:files]]
    if not shared:
        return [*first, *(Sealing(f"{key}/{i}", f"{i}.xml", PayloadKind.RECORDS, XML, stored(b"%d" % i), (i,)) for i in ids)]
    return [*first, *_shared(key)]


def _shared(key: str) -> list[Sealing]:
    records = Sealing(key, f"{key}.xml", PayloadKind.RECORDS, XML, stored(b"all"))
    return [records, Sealing(f"{key}.m", f"{key}.m.json", PayloadKind.MANIFEST, "application/json", stored(b"manifest"))]


def _seal_empty(m: Model) -> None:
    """A slot is served once, though both workers see that it has come."""
    begin_schedules(m.ledger, [(FORCE, PRIMARY.name)], AT)
    since = served(m.ledger)[FORCE, PRIMARY.name]
    for worker, is_first in zip(m.workers, (True, False), strict=True):
        header = header_for(worker.ledger, PRIMARY, Lane.ROUTINE, m.at)
        drop_id = seal_empty(worker.ledger, header, PRIMARY, _shared(header.key), since)
        assert (drop_id is not None) == is_first
        if drop_id is not None:
            m.announce(header, drop_id)
    m.reached["empty drops sealed"] += 1


def _let_go(m: Model) -> None:
    """What waited for a date goes on: it waits, or is on its way again in its drop."""
    for group in held(m.ledger):
        if group.code in _MINE:
            assert let_go(m.ledger, group, m.at) == group.reports


def _decide(m: Model) -> None:
    """What a person may decide is done, anything else is refused."""
    row = m.one(m.reports(State.QUARANTINED, State.IN_DOUBT, State.WAITING))
    start, end = State(row["state"]), m.one([state for state in State if state not in (State.SEALED, State.HELD)])
    if start == State.QUARANTINED and m.chance(2):
        end = State.WAITING  # the most likely
    if (start, end) == (State.WAITING, State.DELIVERED):
        return  # that only an acknowledgement proves
    if end in NEXT[start]:
        _move(m, row["id"], start, end, "other" if end == State.QUARANTINED else None)
        return
    with m.changes_nothing(IllegalChange):
        _move(m, row["id"], start, end, None)
    m.reached["illegal changes refused"] += 1


def _too_late(m: Model) -> None:
    """A step from where the report stands no more."""
    row = m.one([row for row in m.seen["reports"] if row["state"] != State.QUARANTINED])
    with m.changes_nothing(Overtaken):
        _move(m, row["id"], State.QUARANTINED, State.WAITING, None)
    m.reached["overtaken decisions refused"] += 1


def _move(m: Model, report: int, start: State, end: State, code: str | None) -> None:
    move(m.ledger, m.person, {FORCE: [Move(report, start, end, code=code)]})


def _state(m: Model, report: int) -> str:
    return next(str(row["state"]) for row in m.seen["reports"] if row["id"] == report)


def _has_reports(worker: Worker) -> bool:
    return bool(worker.reports)


OPERATIONS = (
    Operation(_arrive, lambda m: 8 if len(m.reports(State.WAITING, State.SEALED)) < 4 else 1),
    Operation(_take_on, lambda m: 6 * any(row["worker"] is None for row in m.reports(State.WAITING)) + bool(m.reports(State.WAITING))),
    Operation(_seal, lambda m: 8 * bool(m.who(_has_reports))),
    Operation(_copy, lambda m: 2 * bool(_primaries(m))),
    Operation(_let_go, lambda m: 2 * any(row["code"] in _MINE for row in m.reports(State.HELD))),
    Operation(_give_back, lambda m: int(bool(m.who(_has_reports)))),
    Operation(_set_aside, lambda m: int(bool(m.who(_has_reports)))),
    Operation(_seal_empty, lambda _: 1),
    Operation(_decide, lambda m: 2 * bool(m.reports(State.QUARANTINED, State.IN_DOUBT, State.WAITING))),
    Operation(_too_late, lambda m: int(any(row["state"] != State.QUARANTINED for row in m.seen["reports"]))),
)
