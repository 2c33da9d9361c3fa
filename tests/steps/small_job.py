"""A small job with all that can happen to a report on its way, whose world outlives the worker that does it.

The intake is a folder, and each far end a journal to which one write adds what it takes: what they hold can be read when the
worker is dead, and what came twice stands there twice. A day has three scenes, and in each the hub makes one pass at least.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import orjson

from adapters.registry import make_source
from hub.clock import Clock
from hub.contracts import Absent, Acknowledgement, Finding, Format, Found, Payload, Receipt, Refused, Unavailable, Uncertain
from hub.forces.force import Endpoint, Force
from hub.forces.registry import Registry, Route
from hub.ledger.dispatching import waiting
from hub.ledger.ledger import Ledger
from hub.ledger.queue import held
from hub.ledger.standing import routes_to_confirm, routes_with_work
from hub.quality.checks import Checks
from hub.steps.confirm import confirm
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.retry import Retry
from hub.words import Environment, PayloadKind, Purpose
from tests.end_to_end.intake import put
from tests.ledger.making import submission_id
from tests.steps.boundaries import Boundaries, WatchedSource, WatchedTransport
from tests.steps.fakes import Judge, Lines
from tests.steps.house import AT, ESSEX, KENT, wire

Submissions = dict[str, list[tuple[int, dict[str, Any]]]]  # by the force's code: their numbers, and what is special about each

SURREY, SUSSEX = "45", "47"
ONCE = Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0)
URGENT = wire(0)["digitalReport"] | {"safeguarding": {"immediateDanger": True}}
LARGE = {"submissionContent": "OFFICIAL\n" + "long " * 16_000}  # more than a row takes: it lies in the store
LETTER = {"a.txt": b"a made-up letter"}

REFUSED, REJECTED, UNANSWERED = (3,), (1, 5), 4  # what the far ends do with submissions of these numbers
FIRST: Submissions = {
    KENT: [(1, {}), (2, {"files": LETTER})],  # files with a manifest
    ESSEX: [(3, {}), (4, {"files": LETTER}), (5, LARGE)],  # a post for each
    SURREY: [(8, {}), (9, {})],  # down: these go by its fallback
    SUSSEX: [(10, {}), (11, {"digitalReport": URGENT})],  # down, and has none: its circuit opens
}
LATER: Submissions = {SURREY: [(12, {})], SUSSEX: [(13, {})]}
DOWN = ("surrey.records-system", "sussex.records-system")
SCENES = ("morning", "noon", "evening")
PASSES = 6  # more of them than this, and nothing comes to rest


@dataclass
class FarEnd:
    """A far end that keeps a journal: a line for each payload that it took, and one for each batch that the hub let go of.

    It takes a payload as a whole with its line. A drop with a manifest is complete when that is there.
    """

    folder: Path
    parallel: int = 1

    def send(self, payload: Payload) -> Receipt:
        self._answer()
        if any(payload.key.endswith(submission_id(number)) for number in REFUSED):
            raise Refused("http-422")
        with payload.open() as body:
            self._note("taken", {"key": payload.key, "kind": payload.kind, "body": body.read().decode()})
        if payload.key.endswith(submission_id(UNANSWERED)):
            raise Uncertain("timeout")
        return Receipt(payload.key, self._reference(payload.key), "kept")

    def find(self, payload: Payload) -> Finding:
        self._answer()
        return Found(self._reference(payload.key)) if payload.key in {taken["key"] for taken in self.taken()} else Absent()

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        del cursor
        self._answer()
        gone = {settled["batch"] for settled in self.settled()}
        return (said for said in self._says() if said.batch not in gone)

    def settle(self, batch: str) -> None:
        self._note("settled", {"batch": batch})

    def close(self) -> None:
        """Nothing is open between two calls."""

    def goes_down(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "down").touch()

    def comes_up(self) -> None:
        (self.folder / "down").unlink()

    def taken(self) -> list[dict[str, str]]:
        """Every payload that it took, in the order in which they came."""
        return self._noted("taken")

    def settled(self) -> list[dict[str, str]]:
        return self._noted("settled")

    def _says(self) -> Iterator[Acknowledgement]:
        """The reports of every complete drop or post, each drop's in one batch."""
        taken = self.taken()
        announced = {orjson.loads(one["body"])["drop"] for one in taken if one["kind"] == PayloadKind.MANIFEST}
        for one in taken:
            if one["kind"] == PayloadKind.RECORDS and ("/" in one["key"] or one["key"] in announced):
                for submission in one["body"].split():
                    yield _acknowledgement(one["key"], submission)

    def _answer(self) -> None:
        if (self.folder / "down").exists():
            raise Unavailable("connection-refused")

    def _reference(self, key: str) -> str:
        return f"REF {key}"

    def _note(self, journal: str, line: object) -> None:
        """One write: there as a whole, or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = os.open(self.folder / journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        finally:
            os.close(file)

    def _noted(self, journal: str) -> list[dict[str, str]]:
        path = self.folder / journal
        return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _acknowledgement(key: str, submission: str) -> Acknowledgement:
    accepted = submission not in map(submission_id, REJECTED)
    reference, reason = (f"THEIRS {submission}", None) if accepted else (None, "not-our-area")
    return Acknowledgement(f"{key}:{submission}", submission, accepted, reference, reason, AT, key)


def four_forces(small: Registry) -> Registry:
    """Kent and Essex as they are, and two like Kent: Surrey, with a second route to fall back on, and Sussex.

    Each is on an instance of its own.
    """
    kent, essex = small.forces["kent"], small.forces["essex"]
    some = [_like(kent, "kent", KENT), _like(essex, "essex", ESSEX), _like(kent, "surrey", SURREY), _like(kent, "sussex", SUSSEX)]
    forces = {force.slug: force for force in some}
    surrey = forces["surrey"]
    by_mail = replace(surrey.routes[0], name="by-mail", purpose=Purpose.FALLBACK, endpoint=_alone("surrey-mail"))
    return Registry(forces | {"surrey": replace(surrey, routes=(*surrey.routes, by_mail))}, {}, {})


def _like(force: Force, slug: str, code: str) -> Force:
    """Its routes but copies, under another name."""
    routes = [route for route in force.routes if route.name == "records-system"]
    mine = tuple(replace(route, force=slug, force_code=code, endpoint=_alone(slug)) for route in routes)
    return replace(force, slug=slug, pnc_code=code, routes=mine)


def _alone(instance: str) -> Endpoint:
    return Endpoint(instance, Environment.LIVE)


@dataclass
class World:
    """Everything outside the hub, in one folder. What has happened does not happen again, whoever goes on."""

    folder: Path

    def far_end(self, force: str, route: str) -> FarEnd:
        return FarEnd(self.folder / "far" / f"{force}.{route}")

    def far_ends(self) -> dict[str, FarEnd]:
        return {path.name: FarEnd(path) for path in sorted((self.folder / "far").iterdir())}

    @property
    def intake(self) -> Path:
        return self.folder / "intake"

    def begins(self, scene: str) -> None:
        """What happens in this scene, unless it has. No act of the hub's lies within: nobody dies in it."""
        if not self.has_begun(scene):
            if scene == "morning":
                self._morning()
            if scene == "noon":
                self._noon()
            (self.folder / scene).touch()

    def has_begun(self, scene: str) -> bool:
        return (self.folder / scene).exists()

    def _morning(self) -> None:
        for name in DOWN:
            FarEnd(self.folder / "far" / name).goes_down()
        self._submit(FIRST)
        put(self.intake, "1-again.json", wire(1, KENT))

    def _noon(self) -> None:
        for name in DOWN:
            FarEnd(self.folder / "far" / name).comes_up()
        self._submit(LATER)

    def _submit(self, submissions: Submissions) -> None:
        for force, some in submissions.items():
            for number, others in some:
                files = others.get("files", {})
                put(self.intake, f"{number}.json", wire(number, force, **others), files)


@dataclass
class Worker:
    """Does the job, from wherever it stands. Without `falls_back` Surrey's second route is never used; `at_scene` is told of each."""

    ledger: Ledger
    registry: Registry
    world: World
    boundaries: Boundaries = field(default_factory=Boundaries)
    falls_back: bool = True
    at_scene: Callable[[str], None] = lambda _: None
    clock: Clock = field(default_factory=lambda: Clock.at(AT))

    def work(self) -> None:
        """From the scene that it is now to the last, then on until all is at rest.

        In the end every far end is asked once more, as it is with the next report for it: else what it said, and what the ledger has,
        would lie there until then.
        """
        for scene, following in zip(SCENES, (*SCENES[1:], None), strict=True):
            if following is None or not self.world.has_begun(following):
                self.at_scene(scene)
                self.world.begins(scene)
                self.carry()
        for _ in range(PASSES):
            if not self._is_anything_left():
                break
            self.carry()
        for name in self.world.far_ends():
            self._confirm(*name.split("."))
        self.boundaries.end()

    def carry(self) -> None:
        """One pass, as the flows make it."""
        source = make_source("folder", {"path": str(self.world.intake), "settle_seconds": 0})
        self.boundaries.step = "pick up"
        pick_up(self.ledger, WatchedSource(source, self.boundaries), self.registry, self.clock)
        self.boundaries.step = "prepare"
        prepare(self.ledger, self.registry, _format_of, cast(Checks, Judge()), self.clock)
        for force, route in sorted(routes_with_work(self.ledger)):
            self.boundaries.step = f"deliver {force} {route}"
            other = self._route("surrey", "by-mail") if self.falls_back and (force, route) == ("surrey", "records-system") else None
            deliver(self.ledger, self._route(force, route), self._transport(force, route), self.clock, ONCE, other=other)
        for force, route in sorted(routes_to_confirm(self.ledger)):
            self._confirm(force, route)

    def _confirm(self, force: str, route: str) -> None:
        self.boundaries.step = f"confirm {force} {route}"
        confirm(self.ledger, self._route(force, route), self._transport(force, route), self.clock)

    def _is_anything_left(self) -> bool:
        looks = (routes_with_work, routes_to_confirm, waiting, held)
        return any(look(self.ledger) for look in looks) or any(self.world.intake.glob("*.json"))

    def _route(self, force: str, name: str) -> Route:
        return next(route for route in self.registry.forces[force].routes if route.name == name)

    def _transport(self, force: str, route: str) -> WatchedTransport:
        return WatchedTransport(self.world.far_end(force, route), self.boundaries)


def _format_of(route: Route) -> Format:
    """Lines for all in one payload, or for each in its own."""
    return Lines(together=route.drops.manifest)
