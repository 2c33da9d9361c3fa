"""Whatever two workers, the forces and an operator do to one ledger, in whatever order: its promises hold after every step.

Each test makes up sequences of operations, of which each is one public function of `hub/ledger`, and judges the ledger after each
(`promises.py`). Always the same sequences; `LEDGER_MACHINE=2000` makes up that many new ones, which takes some minutes.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from hub.contracts import Acknowledgement
from hub.ledger.arrivals import record
from hub.ledger.changes import NEXT, Author, Move
from hub.ledger.circuits import claim_probe, close, end_probe, open_circuits, trip
from hub.ledger.confirmations import confirm
from hub.ledger.deliveries import Attempt, OpenDrop, Piece, begin_attempt, end_attempt, open_drops, pieces, record_results
from hub.ledger.drops import Member, Sealing, header_for, seal
from hub.ledger.errors import IllegalChange, Overtaken
from hub.ledger.holds import hold_sealed, let_go_sealed, pause, paused, resume
from hub.ledger.lanes import Claim, claim_lane, release_lane
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.queue import Claimed, claim, give_back, held, let_go, move
from hub.ledger.tables import drops, lanes, metadata, reports
from hub.ledger.voids import void
from hub.words import DropState, Lane, PayloadKind, PayloadState, State
from tests.ledger.making import AT, XML, a_route, an_arrival, lapse, rows, said, stored, submission_id
from tests.ledger.promises import broken_promises

LONGER = int(os.environ.get("LEDGER_MACHINE", "0"))
ROUTE = a_route()
FORCE, NAME, ENDPOINT = ROUTE.force, ROUTE.name, ROUTE.endpoint
PERSON = Author("release", AT, actor="operator", reason="asked")
NUMBERS = st.integers(1, 8)  # of submissions: few, so that they meet each other again
WORKERS = st.sampled_from(("first", "second"))
LANES = st.sampled_from(list(Lane))
ENDS = st.sampled_from((*[PayloadState.DELIVERED] * 6, PayloadState.REFUSED, PayloadState.IN_DOUBT))
_OPEN = (State.QUARANTINED, State.IN_DOUBT, State.WAITING)  # what a person may decide on


@dataclass
class _Sending:
    """A worker's attempt, under way."""

    claim: Claim
    drop: OpenDrop
    attempt: Attempt
    left: list[Piece]


@dataclass
class _Worker:
    """What one worker believes that it has."""

    ledger: Ledger
    reports: dict[int, Claimed] = field(default_factory=dict)
    lanes: dict[Lane, Claim] = field(default_factory=dict)
    sending: dict[Lane, _Sending] = field(default_factory=dict)


class LedgerMachine(RuleBasedStateMachine):
    """Two workers on one ledger. The model is what cannot be read from the rows: who has which claim, and what was announced."""

    ledgers: Mapping[str, Ledger]  # the same for all: to open them takes longer than to empty them

    def __init__(self) -> None:
        super().__init__()
        self.workers = {name: _Worker(ledger) for name, ledger in self.ledgers.items()}
        self.ledger = self.workers["first"].ledger
        self.digests: dict[int, set[int]] = {}  # by submission the bodies that came under its id
        self.arrived: set[str] = set()
        self.announced: list[tuple[Lane, int]] = []
        self.stands: dict[int, State] = {}  # as of the last step: what an operation needs to have something to do
        self.open_lanes: list[Lane] = []
        self.owners: dict[Lane, str | None] = {}  # of the lanes whose lease has not ended

    def teardown(self) -> None:
        with self.ledger.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        for ledger in self.ledgers.values():
            ledger.under_way.clear()

    @invariant()
    def every_promise_holds(self) -> None:
        assert broken_promises(self.ledger) == []
        self.stands = {row["id"]: State(row["state"]) for row in rows(self.ledger, reports)}
        self.open_lanes = sorted({Lane(row["lane"]) for row in rows(self.ledger, drops) if row["state"] == DropState.SEALED})

    # What comes in

    @initialize(name=WORKERS, shared=st.booleans(), files=st.booleans())
    def some_are_sealed(self, name: str, shared: bool, files: bool) -> None:
        self._arrive([(number, 0, 0, State.WAITING, Lane.ROUTINE) for number in (1, 2, 3, 4, 5)])
        self.seals(name, Lane.ROUTINE, shared, files)

    @rule(
        some=st.lists(
            st.tuples(NUMBERS, st.integers(0, 1), st.integers(0, 1), st.sampled_from((State.WAITING, State.WAITING, State.HELD)), LANES),
            min_size=1,
            max_size=5,
            unique_by=lambda one: one[:3],
        )
    )
    def arrives(self, some: list[tuple[int, int, int, State, Lane]]) -> None:
        """New ones, files read again after a crash, the same submission sent anew, and another under a known id."""
        self._arrive(some)

    def _arrive(self, some: list[tuple[int, int, int, State, Lane]]) -> None:
        brought = [
            an_arrival(
                number,
                arrival=f"{number}.{body}.{again}",
                body=stored(b"body %d of %d" % (body, number)),
                state=state,
                lane=lane,
                code="service-not-live" if state == State.HELD else None,
            )
            for number, body, again, state, lane in some
        ]
        must: dict[str, State] = {}
        for (number, body, _, state, _), arrival in zip(some, brought, strict=True):
            if arrival.arrival in self.arrived:
                continue
            self.arrived.add(arrival.arrival)
            known = self.digests.setdefault(number, set())
            must[arrival.arrival] = state if not known else State.DUPLICATE if body in known else State.QUARANTINED
            known.add(body)
        recorded = record(self.ledger, brought, AT)
        assert recorded.settled == {arrival.arrival for arrival in brought}
        assert {arrival.arrival: arrival.state for arrival in recorded.entered} == must

    # Preparing

    @precondition(lambda self: State.WAITING in self.stands.values())
    @rule(name=WORKERS, limit=st.integers(1, 4))
    def takes_on(self, name: str, limit: int) -> None:
        """No report that another has, and whose lease has not ended."""
        worker = self.workers[name]
        before = {row["id"]: row for row in rows(self.ledger, reports)}
        for one in claim(worker.ledger, limit):
            row = before[one.report_id]
            assert (row["state"], row["lease_until"] is None or row["lease_until"].year == 2000) == (State.WAITING, True)
            worker.reports[one.report_id] = one

    @precondition(lambda self: any(worker.reports for worker in self.workers.values()))
    @rule(name=WORKERS)
    def gives_back(self, name: str) -> None:
        worker = self.workers[name]
        give_back(worker.ledger, worker.reports.values())
        worker.reports = {}

    @precondition(lambda self: State.WAITING in self.stands.values())
    @rule(name=WORKERS, lane=LANES, shared=st.booleans(), files=st.booleans())
    def seals(self, name: str, lane: Lane, shared: bool, files: bool) -> None:
        """What it took on, as far as nobody took it over: else nothing is written."""
        worker = self.workers[name]
        if not worker.reports:
            self.takes_on(name, 4)
        lane = lane if any(one.lane == lane for one in worker.reports.values()) else Lane.ROUTINE
        mine = [one for one in worker.reports.values() if one.lane == lane][:3]
        if not mine:
            return
        stands = {row["id"]: row["state"] for row in rows(self.ledger, reports)}
        header = header_for(worker.ledger, ROUTE, lane, AT)
        parts = _parts(header.key, [one.report_id for one in mine], shared=shared, files=files)
        for one in mine:
            del worker.reports[one.report_id]
        if any(stands[one.report_id] != State.WAITING for one in mine):
            with self._changes_nothing(Overtaken):
                seal(worker.ledger, header, ROUTE, parts, [Member(one.report_id) for one in mine])
            return
        seal(worker.ledger, header, ROUTE, parts, [Member(one.report_id) for one in mine])
        self.announced += [(lane, number) for number in header.voided]
        assert len(self.announced) == len(set(self.announced))

    @precondition(lambda self: State.WAITING in self.stands.values())
    @rule(
        name=WORKERS,
        lane=LANES,
        shared=st.booleans(),
        files=st.booleans(),
        ends=st.lists(ENDS, min_size=5, max_size=5),
        in_part=st.booleans(),
    )
    def delivers(self, name: str, lane: Lane, shared: bool, files: bool, ends: list[PayloadState], in_part: bool) -> None:
        """All the way at once, as far as the others let it."""
        self.seals(name, lane, shared, files)
        self.every_promise_holds()
        if self.open_lanes:
            self.hears_what_became_of_it(name, lane, ends, in_part)

    @precondition(lambda self: any(worker.reports for worker in self.workers.values()))
    @rule(name=WORKERS, end=st.sampled_from((State.QUARANTINED, State.HELD)))
    def sets_aside(self, name: str, end: State) -> None:
        worker = self.workers[name]
        if worker.reports:
            report, _ = worker.reports.popitem()
            code = "code-unmapped" if end == State.QUARANTINED else "no-route"
            if self.stands[report] == State.WAITING:
                self._move(report, State.WAITING, end, code)
            else:
                with self._changes_nothing(Overtaken):
                    self._move(report, State.WAITING, end, code)

    @precondition(lambda self: State.HELD in self.stands.values())
    @rule()
    def lets_go(self) -> None:
        for group in held(self.ledger):
            if group.code in ("service-not-live", "no-route"):
                assert let_go(self.ledger, group, AT) == group.reports

    # Delivering

    @rule(name=WORKERS, lane=LANES)
    def claims_a_lane(self, name: str, lane: Lane) -> None:
        """Only one that nobody has."""
        worker = self.workers[name]
        taken = claim_lane(worker.ledger, FORCE, NAME, lane)
        if taken:
            assert self.owners.get(lane) is None
            worker.lanes[lane], self.owners[lane] = taken, name
            worker.sending.pop(lane, None)

    @precondition(lambda self: any(worker.lanes for worker in self.workers.values()))
    @rule(name=WORKERS, lane=LANES)
    def releases_a_lane(self, name: str, lane: Lane) -> None:
        worker = self.workers[name]
        if claimed := worker.lanes.pop(lane, None):
            release_lane(worker.ledger, claimed)
            worker.sending.pop(lane, None)
            if self.owners.get(lane) == name:
                self.owners[lane] = None

    @rule()
    def leases_end(self) -> None:
        """Whoever has a claim may be overtaken from now on; until then it is as good as before."""
        lapse(self.ledger)
        self.owners = {}

    @precondition(lambda self: self.open_lanes)
    @rule(name=WORKERS, lane=LANES)
    def begins_an_attempt(self, name: str, lane: Lane) -> None:
        worker = self.workers[name]
        if lane not in worker.lanes:
            self.claims_a_lane(name, lane)
        claimed = worker.lanes.get(lane)
        if claimed is None or lane in worker.sending:
            return
        found = open_drops(worker.ledger, claimed)
        assert [drop.sequence for drop in found] == sorted(drop.sequence for drop in found)
        if found:
            left = pieces(worker.ledger, found[0])
            begun = self._as_holder(name, lane, lambda: begin_attempt(worker.ledger, claimed, found[0], left))
            if begun:
                worker.sending[lane] = _Sending(claimed, found[0], begun, left)

    @precondition(lambda self: self.open_lanes)
    @rule(name=WORKERS, lane=LANES, ends=st.lists(ENDS, min_size=2, max_size=5), in_part=st.booleans())
    def hears_what_became_of_it(self, name: str, lane: Lane, ends: list[PayloadState], in_part: bool) -> None:
        """What was sent next, in order; of records perhaps a report that the force would not have."""
        worker = self.workers[name]
        lane = lane if lane in self.open_lanes else self.open_lanes[0]
        self.begins_an_attempt(name, lane)
        if not (sending := worker.sending.get(lane)) or not sending.left:
            return
        some, ended = sending.left[: len(ends)], _ended(ends)
        results = [_result(piece, end, in_part) for piece, end in zip(some, ended, strict=False)]
        del sending.left[: len(results)]
        told = self._as_holder(
            name, lane, lambda: record_results(worker.ledger, sending.claim, sending.drop, sending.attempt, results, sending.left, AT)
        )
        if told:
            sending.left = [piece for piece in sending.left if piece.id not in told.voided]
            if not sending.left:
                self.ends_an_attempt(name, lane, "delivered", voids=False)

    @precondition(lambda self: any(worker.sending for worker in self.workers.values()))
    @rule(name=WORKERS, lane=LANES, outcome=st.sampled_from(("unavailable", "uncertain", "misconfigured")), voids=st.booleans())
    def ends_an_attempt(self, name: str, lane: Lane, outcome: str, voids: bool) -> None:
        """Delivered where nothing is left; else with what stopped it, and then perhaps it falls back."""
        worker = self.workers[name]
        lane = lane if lane in worker.sending else next(iter(worker.sending), lane)
        if not (sending := worker.sending.pop(lane, None)):
            return
        ledger, claimed, drop = worker.ledger, sending.claim, sending.drop
        code, unsure = (outcome, [sending.left[0].id] if outcome == "uncertain" else []) if sending.left else (None, [])
        how = outcome if sending.left else "delivered"
        wait = timedelta(seconds=1)
        ended = self._as_holder(
            name, lane, lambda: end_attempt(ledger, claimed, drop, sending.attempt, how, code, uncertain=unsure, wait=wait)
        )
        if ended and voids and how == "unavailable":
            self._as_holder(name, lane, lambda: void(ledger, claimed, drop, AT, route=None, reason="to the fallback"))

    def _as_holder(self, name: str, lane: Lane, work: Callable[[], Any]) -> Any:
        """What only the lane's holder can write; who was overtaken writes nothing."""
        worker = self.workers[name]
        claims = [other.lanes[lane].fence for other in self.workers.values() if lane in other.lanes]
        if worker.lanes[lane].fence == max(claims) and not self._was_released_since(name, lane):
            return work()
        with self._changes_nothing(Overtaken):
            work()
        return None

    def _was_released_since(self, name: str, lane: Lane) -> bool:
        """The other took it over, and gave it back: the fence in the ledger is higher than any claim that is left."""
        [fence] = [row["fence"] for row in rows(self.ledger, lanes) if row["lane"] == lane]
        return bool(fence != self.workers[name].lanes[lane].fence)

    # Circuits and pauses

    @rule(wait=st.sampled_from((-1, 3600)))
    def trips(self, wait: int) -> None:
        was = self._is_open()
        assert trip(self.ledger, ENDPOINT, "timeout", AT, AT + timedelta(seconds=wait)) != was
        hold_sealed(self.ledger, ENDPOINT, "circuit-open", AT)

    @rule(name=WORKERS)
    def probes(self, name: str) -> None:
        ledger = self.workers[name].ledger
        if claim_probe(ledger, ENDPOINT):
            assert self._is_open()
            end_probe(ledger, ENDPOINT)

    @precondition(lambda self: self._is_open())
    @rule()
    def is_well_again(self) -> None:
        was = self._is_open()
        assert close(self.ledger, ENDPOINT) == was
        let_go_sealed(self.ledger, ENDPOINT, "circuit-open", AT)

    def _is_open(self) -> bool:
        return bool(open_circuits(self.ledger))

    @rule()
    def pauses(self) -> None:
        was = FORCE in paused(self.ledger)
        assert pause(self.ledger, FORCE, PERSON) != was

    @precondition(lambda self: FORCE in paused(self.ledger))
    @rule()
    def resumes(self) -> None:
        was = FORCE in paused(self.ledger)
        assert resume(self.ledger, FORCE, PERSON) == was

    # What the force says, and what a person does

    @rule(some=st.lists(st.tuples(NUMBERS, st.booleans(), st.integers(0, 2)), min_size=1, max_size=4))
    def acknowledges(self, some: list[tuple[int, bool, int]]) -> None:
        """Of what was sent, of what was not, early, again, and in contradiction. Read again, it changes nothing."""
        told = [_acknowledgement(number, accepted, again) for number, accepted, again in some]
        final = self._in(State.ACCEPTED)
        first = confirm(self.ledger, FORCE, NAME, told, AT)
        assert first.accepted + first.rejected + first.repeated + first.unmatched == len(told)
        assert final <= self._in(State.ACCEPTED)
        with self._changes_nothing():
            second = confirm(self.ledger, FORCE, NAME, told, AT)
        assert (second.accepted, second.rejected, second.unmatched) == (0, 0, 0)

    @rule(
        which=st.integers(0, 20),
        end=st.sampled_from(list(State)),
        start=st.sampled_from((State.QUARANTINED, State.IN_DOUBT, State.WAITING)),
    )
    def a_person_decides(self, which: int, start: State, end: State) -> None:
        """What a person may decide is done, anything else is refused."""
        some = sorted(self._in(start))
        if not some or end in (State.SEALED, State.HELD):
            return  # sealing takes more than a decision; nobody holds by hand
        report = some[which % len(some)]
        if end in NEXT[start]:
            self._move(report, start, end, "other" if end == State.QUARANTINED else None)
        else:
            with self._changes_nothing(IllegalChange):
                self._move(report, start, end, None)

    @rule(which=st.integers(0, 20))
    def somebody_was_quicker(self, which: int) -> None:
        """A step from where the report stands no more."""
        some = sorted(self._in(*State) - self._in(State.QUARANTINED))
        if some:
            with self._changes_nothing(Overtaken):
                self._move(some[which % len(some)], State.QUARANTINED, State.WAITING, None)

    def _move(self, report: int, start: State, end: State, code: str | None) -> None:
        move(self.ledger, PERSON, {FORCE: [Move(report, start, end, code=code)]})

    def _in(self, *stands: State) -> set[int]:
        return {row["id"] for row in rows(self.ledger, reports) if row["state"] in stands}

    @contextmanager
    def _changes_nothing(self, *raises: type[Exception]) -> Iterator[None]:
        before = _everything(self.ledger)
        if raises:
            with pytest.raises(raises):
                yield
        else:
            yield
        assert _everything(self.ledger) == before


def _everything(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    return {table.name: rows(ledger, table) for table in metadata.sorted_tables}


def _parts(key: str, ids: Sequence[int], *, shared: bool, files: bool) -> list[Sealing]:
    """A drop's pieces: an attachment of its first report, records for all or for each, and what announces them."""
    first = [Sealing(f"{key}/a", "a.jpg", PayloadKind.ATTACHMENT, "image/jpeg", stored(b"file"), (ids[0],), str(ids[0]))] if files else []
    if not shared:
        return [*first, *(Sealing(f"{key}/{i}", f"{i}.xml", PayloadKind.RECORDS, XML, stored(b"%d" % i), (i,)) for i in ids)]
    records = Sealing(key, f"{key}.xml", PayloadKind.RECORDS, XML, stored(b"all"))
    return [*first, records, Sealing(f"{key}.m", f"{key}.m.json", PayloadKind.MANIFEST, "application/json", stored(b"manifest"))]


def _ended(ends: list[PayloadState]) -> list[PayloadState]:
    """What is heard in one window: nothing is sent after what was refused or is in doubt, for it may be void."""
    for number, end in enumerate(ends, start=1):
        if end != PayloadState.DELIVERED:
            return ends[:number]
    return ends


def _result(piece: Piece, end: PayloadState, in_part: bool) -> Result:
    refused = ((submission_id(1), "their-code"),) if in_part and end == PayloadState.DELIVERED else ()
    return Result(piece.id, end, "renamed" if end == PayloadState.DELIVERED else None, code="their-code", refused=refused)


def _acknowledgement(number: int, accepted: bool, again: int) -> Acknowledgement:
    return said(number, f"{again}.ack.json:{number}", accepted=accepted)


_SETTINGS = settings(
    max_examples=LONGER or 25,
    stateful_step_count=50 if LONGER else 20,
    derandomize=not LONGER,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_no_sequence_of_operations_breaks_a_promise_of_the_ledger(new_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(new_file, tmp_path / 'ledger.db')}"
    opened = {name: Ledger.open(url, str(tmp_path / "store"), worker=name) for name in ("first", "second")}

    class OnTheseLedgers(LedgerMachine):
        ledgers = opened

    run_state_machine_as_test(OnTheseLedgers, settings=_SETTINGS)
    for ledger in opened.values():
        ledger.close()
