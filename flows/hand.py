"""A hand: what does a share of a large pass in a process of its own. It says what a step did, or in words what kept it from it."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from adapters.sources.chosen import Share
from flows.server_process import end_with
from flows.wiring import UNBOUNDED, Bounds, Hub, open_hub
from hub.clock import Clock
from hub.contracts import Misconfigured, SourceUnavailable
from hub.documents import InvalidDocument
from hub.forces.registry import Route
from hub.garbage import collect_seldom, pass_over
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.queue import NotYet
from hub.memory import share_arenas, stay_in_large_pages
from hub.settings import Settings
from hub.steps import confirm, deliver, pick_up, prepare, reconcile
from hub.words import Lane

TROUBLES = (LedgerUnavailable, Misconfigured, Overtaken, SourceUnavailable)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error of `TROUBLES`, as it can be handed on to another process."""

    kind: str
    text: str
    code: str = ""


def begin(nice: int = 0) -> None:
    """A hand's process ends with the one that it was made for, and in a long pass what it holds lies in large pages; what was loaded
    before is not looked through for garbage any more.

    By so much it is `nice` to the others of this machine.
    """
    end_with(os.getppid())
    os.nice(nice)
    share_arenas()
    stay_in_large_pages(after_seconds=10, every_seconds=1)
    pass_over()
    collect_seldom()


class Hand:
    """A hub of its own, from `open` on and for as long as a pass lasts. Every thread may use it."""

    _hub: Hub

    def __init__(self, settings: Settings, at: datetime | None, bounds: Bounds) -> None:
        self._settings = settings
        self._clock = Clock.at(at) if at else Clock()
        self._bounds = bounds

    def open(self) -> Trouble | None:
        """Open the ledger, and read the forces and checks; files that are wrong are told as Misconfigured."""
        return _or_trouble(self._open)

    def _open(self) -> None:
        try:
            self._hub = open_hub(self._settings, self._clock)
        except InvalidDocument as error:
            raise Misconfigured("invalid-document", str(error)) from None
        self._hub.bounds = self._bounds

    def pick_up(self, intake: Path, settle_seconds: float | None, share: Share) -> pick_up.PickedUp | Trouble:
        """Take a share of the intake's files into the ledger."""
        hub, (which, hands) = self._hub, share
        chunk = pick_up.CHUNK if hub.bounds == UNBOUNDED else pick_up.BESIDE

        def picked_up() -> pick_up.PickedUp:
            source = hub.source_of(intake, settle_seconds, share)
            try:
                first = chunk * (which + 1) // hands
                return pick_up.pick_up(hub.ledger, source, hub.registry, hub.clock, chunk=chunk, first=first)
            finally:
                source.close()

        return _or_trouble(picked_up)

    def prepare(
        self, forces: Collection[str], not_yet: Mapping[Lane, NotYet] | None, begin_for: float | None
    ) -> prepare.Prepared | Trouble:
        """Bring what waits of these forces into sealed drops."""
        hub = self._hub

        def prepared() -> prepare.Prepared:
            return prepare.prepare(
                hub.ledger,
                hub.registry,
                hub.format_of,
                hub.checks,
                hub.clock,
                encryption_of=hub.encryption_of,
                forces=forces,
                not_yet=not_yet,
                begin_for=begin_for,
            )

        return _or_trouble(prepared)

    def deliver(self, force: str, name: str, lanes: Sequence[Lane]) -> deliver.Delivered | Trouble:
        """Send every sealed drop of these lanes of a route."""
        hub = self._hub

        def delivered() -> deliver.Delivered:
            route = self._route(force, name)
            other = hub.other_of(route)
            return deliver.deliver(hub.ledger, route, hub.transport_of(route), hub.clock, hub.retry_of(route), other=other, lanes=lanes)

        return _or_trouble(delivered)

    def confirm(self, force: str, name: str) -> confirm.Confirmation | Trouble:
        """Take in what a force says over a route."""
        hub = self._hub

        def confirmed() -> confirm.Confirmation:
            route = self._route(force, name)
            return confirm.confirm(hub.ledger, route, hub.transport_of(route), hub.clock)

        return _or_trouble(confirmed)

    def reconcile(self, day: date | None) -> reconcile.Reconciliation | Trouble:
        """Draw up the account, and judge the volumes: the checks are loaded here already."""
        hub = self._hub
        return _or_trouble(lambda: reconcile.reconcile(hub.ledger, hub.registry, hub.checks, day))

    def _route(self, force: str, name: str) -> Route:
        route = self._hub.route(force, name)
        if route is None:
            raise Misconfigured("no-route", f"{force} has no route {name}")
        return route

    def close(self) -> None:
        """Let go of connections and the ledger."""
        self._hub.close()


def _or_trouble(step: Callable[[], T]) -> T | Trouble:
    try:
        return step()
    except TROUBLES as error:
        return Trouble(type(error).__name__, str(error), getattr(error, "code", ""))
