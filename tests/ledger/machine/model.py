"""What cannot be read from a ledger's rows: what each of two workers believes to have, and what has happened so far."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st

from hub.contracts import DropHeader
from hub.ledger.changes import Author
from hub.ledger.deliveries import Attempt, OpenDrop, Piece
from hub.ledger.errors import Overtaken
from hub.ledger.lanes import Claim
from hub.ledger.ledger import Ledger
from hub.words import DropState, Lane, Purpose, State
from tests.ledger.making import AT, a_route
from tests.ledger.picture import Picture, Row, picture

T = TypeVar("T")
LaneName = tuple[str, Lane]  # route and lane
PRIMARY = replace(a_route(), purpose=Purpose.PRIMARY)
COPY = replace(PRIMARY, name="copy", purpose=Purpose.COPY, endpoint=replace(PRIMARY.endpoint, instance="kent-copy"))
FALLBACK = replace(PRIMARY, name="by-mail", purpose=Purpose.FALLBACK, endpoint=replace(PRIMARY.endpoint, instance="kent-mail"))
ROUTES = {route.name: route for route in (PRIMARY, COPY, FALLBACK)}
FORCE = PRIMARY.force
LANES = (Lane.ROUTINE, Lane.URGENT)


@dataclass
class Sending:
    """A worker's attempt under way: `left` is not heard of yet, and of it `window` was sent."""

    claim: Claim
    drop: OpenDrop
    attempt: Attempt
    left: list[Piece]
    window: list[Piece]


@dataclass
class Worker:
    """What one worker believes that it has."""

    name: str
    ledger: Ledger
    reports: dict[int, tuple[str, Lane]] = field(default_factory=dict)  # by which route they are to leave, and in which lane
    claims: dict[LaneName, Claim] = field(default_factory=dict)
    sending: dict[LaneName, Sending] = field(default_factory=dict)


@dataclass
class Model:
    """Two workers on one ledger, seen as of the last step."""

    workers: list[Worker]
    seen: Picture
    draw: Callable[[st.SearchStrategy[Any]], Any]
    reached: Counter[str]
    steps: int = 0
    digests: dict[int, set[int]] = field(default_factory=dict)  # by submission the bodies that came under its id
    owners: dict[LaneName, str] = field(default_factory=dict)  # whose lease has not ended
    fences: dict[LaneName, int] = field(default_factory=dict)  # of the newest claim
    announced: dict[int, int] = field(default_factory=dict)  # void drops, and the newest whose manifest names each
    open_attempts: dict[int, set[int]] = field(default_factory=dict)  # by drop: begun, and never ended
    arrived: set[int] = field(default_factory=set)  # drops of which something may have arrived for good
    tried: dict[int, tuple[int, int]] = field(default_factory=dict)  # by payload the drop and attempt that may have brought it first
    is_open: bool = False  # the primary endpoint's circuit
    is_paused: bool = False
    drained: set[int] = field(default_factory=set)  # drops that an open circuit held
    told: list[bytes] = field(default_factory=list)  # what the platform took

    @property
    def ledger(self) -> Ledger:
        return self.workers[0].ledger

    @property
    def at(self) -> datetime:
        return AT + timedelta(minutes=self.steps)

    @property
    def person(self) -> Author:
        return Author("release", self.at, actor="operator", reason="asked")

    def number(self, most: int, least: int = 0) -> int:
        found: int = self.draw(st.integers(least, most))
        return found

    def one(self, some: Sequence[T]) -> T:
        return some[self.number(len(some) - 1)]

    def chance(self, out_of: int) -> bool:
        """Once in so many times; the simplest is not."""
        return self.number(out_of - 1) == out_of - 1

    def who(self, has: Callable[[Worker], object]) -> list[Worker]:
        return [worker for worker in self.workers if has(worker)]

    def look(self) -> Picture:
        self.seen = picture(self.ledger)
        return self.seen

    def reports(self, *states: State) -> list[Row]:
        return [row for row in self.seen["reports"] if row["state"] in states]

    def open_drops(self, lane: LaneName | None = None) -> list[Row]:
        return [d for d in self.seen["drops"] if d["state"] == DropState.SEALED and lane in (None, lane_of(d))]

    def void_numbers(self, route: str, lane: Lane) -> tuple[int, ...]:
        """What the lane's next manifest must name: also what only the manifest of a drop named that is void itself."""
        void = [d for d in self.seen["drops"] if d["state"] == DropState.VOIDED and lane_of(d) == (route, lane)]
        in_vain = {d["id"] for d in void}
        return tuple(d["sequence"] for d in void if self.announced.get(d["id"]) in (None, *in_vain))

    def announce(self, header: DropHeader, drop_id: int) -> None:
        named = [d["id"] for d in self.seen["drops"] if lane_of(d) == (header.route, header.lane) and d["sequence"] in header.voided]
        self.announced |= dict.fromkeys(named, drop_id)
        self.reached["numbers announced as void"] += len(header.voided)

    def is_holder(self, lane: LaneName, claim: Claim) -> bool:
        return claim.fence == self.fences[lane]

    def as_holder(self, lane: LaneName, claim: Claim, work: Callable[[], T]) -> T | None:
        """What only the lane's holder can write; who was overtaken writes nothing."""
        if self.is_holder(lane, claim):
            self.owners[lane] = next(worker.name for worker in self.workers if worker.claims.get(lane) is claim)  # its lease is renewed
            return work()
        with self.changes_nothing(Overtaken):
            work()
        self.reached["overtaken writes about a delivery refused"] += 1
        return None

    @contextmanager
    def changes_nothing(self, *raises: type[Exception]) -> Iterator[None]:
        before = picture(self.ledger)
        if raises:
            with pytest.raises(raises):
                yield
        else:
            yield
        assert picture(self.ledger) == before


def lane_of(drop: Row) -> LaneName:
    return drop["route"], Lane(drop["lane"])


@dataclass(frozen=True)
class Operation:
    """Something that can be done to a ledger: `weight` says how likely just now, 0 where there is nothing to do it with."""

    do: Callable[[Model], None]
    weight: Callable[[Model], int]
