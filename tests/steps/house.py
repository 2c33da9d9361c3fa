"""The steps on a ledger of their own, with everything outside in memory."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO, cast

import orjson

from hub.clock import Clock
from hub.contracts import Format, Submission
from hub.forces.registry import Registry, Route
from hub.ledger.account import account
from hub.ledger.ledger import Ledger
from hub.ledger.tables import reports
from hub.quality.checks import Checks
from hub.steps.confirm import Confirmation, confirm
from hub.steps.deliver import Delivered, deliver
from hub.steps.pick_up import PickedUp, pick_up
from hub.steps.prepare import Prepared, prepare
from hub.steps.retry import Retry
from tests.ledger.making import rows, states, submission_id
from tests.reports.submissions import CLEAN
from tests.steps.fakes import FarEnd, Judge, Lines, ListSource

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
KENT, ESSEX = "46", "42"
Wire = dict[str, Any]
MEDIA_TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4", "txt": "text/plain"}
PATIENT = Retry(attempts=100, first=0.0, longest=0.0, jitter=0.0)


def wire(number: int, force: str = KENT, files: Mapping[str, bytes] | None = None, **others: object) -> Wire:
    """Submission `number` as the platform writes it: clean, a crime, with these files."""
    named = [
        {"name": name, "mediaType": MEDIA_TYPES[name.rpartition(".")[2]], "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in (files or {}).items()
    ]
    return CLEAN | {"submissionId": submission_id(number), "forceIdentifier": force, "attachments": named} | others


def sent(number: int, force: str = KENT, files: Mapping[str, bytes] | None = None, **others: object) -> Submission:
    """The same as a source hands it over, its files beside it."""
    return brought(orjson.dumps(wire(number, force, files, **others)), f"{number}.json", files)


def brought(body: bytes, name: str, files: Mapping[str, bytes] | None = None) -> Submission:
    return Submission("list", name, name, body, {name: _opens(body) for name, body in (files or {}).items()})


def _opens(body: bytes) -> Callable[[], BinaryIO]:
    return lambda: BytesIO(body)


@dataclass
class House:
    """A ledger, forces, and what stands around them. Kent's route takes one file for all, with a manifest; Essex's one post for each."""

    ledger: Ledger
    registry: Registry
    source: ListSource = field(default_factory=ListSource)
    checks: Judge = field(default_factory=Judge)
    formats: dict[str, Lines] = field(default_factory=lambda: {"kent": Lines(together=True), "essex": Lines()})
    far_ends: dict[str, FarEnd] = field(default_factory=lambda: {"kent": FarEnd(), "essex": FarEnd()})
    clock: Clock = field(default_factory=lambda: Clock.at(AT))

    def route(self, force: str) -> Route:
        route = self.registry.forces[force].primary_on(self.clock.today())
        assert route is not None
        return route

    def format_of(self, route: Route) -> Format:
        return self.formats[route.force]

    def pick_up(self, *submissions: Submission) -> PickedUp:
        self.source.waiting += submissions
        return pick_up(self.ledger, self.source, self.registry, self.clock)

    def prepare(self, **others: Any) -> Prepared:
        checks = cast(Checks, self.checks)  # by its promise
        return prepare(self.ledger, self.registry, self.format_of, checks, self.clock, **others)

    def deliver(self, force: str = "essex", retry: Retry = PATIENT) -> Delivered:
        return deliver(self.ledger, self.route(force), self.far_ends[force], self.clock, retry)

    def confirm(self, force: str = "essex") -> Confirmation:
        return confirm(self.ledger, self.route(force), self.far_ends[force], self.clock)

    def sealed(self, *numbers: int, force: str = ESSEX, files: Mapping[str, bytes] | None = None) -> None:
        """These submissions are picked up and sealed, in one drop."""
        self.pick_up(*(sent(number, force, files) for number in numbers))
        self.prepare()

    def states(self) -> list[str]:
        """Where each report stands, with its code; the account balances."""
        assert account(self.ledger).balanced
        return states(self.ledger)

    def where(self) -> list[str | None]:
        return [row["where"] for row in rows(self.ledger, reports)]
