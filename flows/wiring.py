"""The wiring: settings, ledger, forces, checks and adapters of one run, put together in one place."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from adapters.ledgers import open_ledger
from adapters.openpgp import OpenPgp
from adapters.outcomes.chosen import platform_at
from adapters.registry import TRANSPORT, adapter_class, make_format, make_transport
from adapters.secrets import read_blocks_by
from adapters.sources.chosen import Share, source_at
from flows.blocks import secret_in
from flows.taken import Taken
from hub.alarm_file import AlarmFile, read_alarm_file
from hub.clock import Clock
from hub.contracts import Encryption, Format, Misconfigured, Platform, Source, Transport
from hub.forces.force import Recipient
from hub.forces.registry import Registry, Route
from hub.garbage import collect_seldom
from hub.ledger.account import Account
from hub.ledger.bookmarks import LedgerBookmark
from hub.ledger.dispatching import LaneName
from hub.ledger.ledger import Ledger
from hub.quality.checks import Checks
from hub.schedule import RouteName
from hub.settings import Settings
from hub.steps.confirm import Confirmation
from hub.steps.retry import Retry
from hub.words import Purpose

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from flows.hands import Hands

read_blocks_by(secret_in)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a pass keeps to where others are beside it: the next one goes on with what it leaves."""

    picks_up_for: float | None = None  # seconds after which it begins no other file of a folder; None: it takes all
    prepares_for: float | None = None  # seconds after which it begins no other batch of reports; None: it prepares all
    urgent_alone: bool = False  # it picks up files of one submission alone, the newest first: a pass for what is urgent


UNBOUNDED = Bounds()


@dataclass(frozen=True, slots=True)
class Done:
    """A stage that has ended before Prefect is told of it: the name and the tags of its run, and how it ended."""

    name: str
    tags: tuple[str, ...]
    end: "State[None]"


@dataclass
class Hub:
    """Everything that the steps of one run need. A transport is opened once a run and route, and used by one thread at a time."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    checks: Checks
    clock: Clock
    progress: Callable[[str, int, int | None], None] = _silent  # stage, how many more are done, how many there are
    prepared: Callable[[], None] = lambda: None  # called when a pass has done all that it does before it speaks to a force
    bounds: Bounds = UNBOUNDED
    taken: Taken[LaneName] = field(default_factory=Taken)  # lanes that a pass of this process is sending
    asked: Taken[RouteName] = field(default_factory=Taken)  # routes that one is asking for acknowledgements
    came: set[str] = field(default_factory=set)  # forces that this run has picked up something urgent for
    done: list[Done] = field(default_factory=list)  # by this run, where Prefect is told of it afterwards
    account: Account | None = None  # of all days, where this run has drawn it up
    heard: Confirmation = field(default_factory=Confirmation)  # what was confirmed of this pass's deliveries before their turn to be asked
    stalled: set[RouteName] = field(default_factory=set)  # those of its routes whose far ends gave no answer in time
    hands: "Hands | None" = None  # processes that do this pass's heavy work, where there is much of it
    alarm_file: AlarmFile = field(default_factory=AlarmFile)
    _formats: dict[tuple[str, str], Format] = field(default_factory=dict)
    _encryptions: dict[Recipient, Encryption] = field(default_factory=dict)
    _transports: dict[tuple[str, str], Transport] = field(default_factory=dict)
    _platform: Platform | None = None
    _lock: Lock = field(default_factory=Lock)

    def format_of(self, route: Route) -> Format:
        """The format of a route; a format is pure, so routes with the same options share one.

        Raises Misconfigured, also where the suite for the route's records is not there: what nobody can check is not sent.
        """
        if route.checks and not self.checks.knows(route.checks):
            raise Misconfigured("unknown-suite", f"{route.force} {route.name}: there is no suite profiles/{route.checks}.yaml")
        self.encryption_of(route)  # what cannot be encrypted as its file asks is not sealed
        key = (str(route.folder), repr(sorted(route.format.items())))
        if key not in self._formats:
            self._formats[key] = make_format(str(route.format["name"]), _without_name(route.format), route.folder)
        return self._formats[key]

    def encryption_of(self, route: Route) -> Encryption | None:
        """How a route's payloads are made readable by the force alone, where its file asks for it. Raises Misconfigured."""
        if route.recipient is None:
            return None
        if route.recipient not in self._encryptions:
            self._encryptions[route.recipient] = OpenPgp(route.recipient, self.clock.now())
        return self._encryptions[route.recipient]

    def transport_of(self, route: Route) -> Transport:
        """The transport to a route's far end, kept open until the run ends. Raises Misconfigured."""
        key = (route.force, route.name)
        with self._lock:
            if key not in self._transports:
                self._transports[key] = transport_to(route)
            return self._transports[key]

    def source_of(self, intake: Path, settle_seconds: float | None = None, share: Share | None = None) -> Source:
        """The source that submissions are picked up from: a folder, or what a YAML file describes. Raises Misconfigured."""
        bookmark, bounds = LedgerBookmark(self.ledger, intake.stem), self.bounds
        return source_at(intake, bookmark, settle_seconds, share, bounds.picks_up_for, live=bounds.urgent_alone)

    def platform(self) -> Platform | None:
        """Whom the outcomes are told, reached anew each run; None where nobody is. Raises Misconfigured."""
        if self._platform is None and self.settings.outcomes:
            self._platform = platform_at(self.settings.outcomes)
        return self._platform

    def route(self, force: str, name: str) -> Route | None:
        """A route by its names, also one that holds no longer: what was sealed for it still goes by it, and is acknowledged there.

        None where the force's file is broken, or does not have it.
        """
        known = self.registry.forces.get(force)
        return next((route for route in known.routes if route.name == name), None) if known else None

    @contextmanager
    def beside(self, prepared: Callable[[], None], bounds: Bounds = UNBOUNDED) -> "Iterator[Hub]":
        """The same hub with connections of its own, for a pass beside others of this process."""
        ours = replace(
            self, prepared=prepared, bounds=bounds, came=set(), done=[], account=None, heard=Confirmation(), stalled=set(), hands=None
        )
        ours._transports, ours._platform, ours._lock = {}, None, Lock()
        try:
            yield ours
        finally:
            ours.hang_up()

    def reload(self) -> None:
        """The forces and checks as their files say it now; passes under way keep theirs. Raises InvalidDocument, changing nothing."""
        registry = Registry.load(self.settings.mappings, self.settings.endpoints)
        checks = Checks.load(self.settings.expectations)
        self.registry, self.checks, self._formats, self._encryptions = registry, checks, {}, {}

    def hang_up(self) -> None:
        """Let go of the connections."""
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()
        if self._platform:
            self._platform.close()
        self._platform = None

    def retry_of(self, route: Route) -> Retry:
        """How often a drop of this route is tried in a row: as often as its force's file says."""
        return replace(self.settings.retry, attempts=route.drops.attempts or self.settings.retry.attempts)

    def other_of(self, route: Route) -> Route | None:
        """Where what certainly did not arrive over a route goes today: from a primary to the fallback, from a fallback to the primary."""
        wanted = {Purpose.PRIMARY: Purpose.FALLBACK, Purpose.FALLBACK: Purpose.PRIMARY}.get(route.purpose)
        others = self.registry.forces[route.force].routes_on(self.clock.today())
        return next((other for other in others if other.purpose is wanted), None)

    def close(self) -> None:
        """Let go of connections and the ledger."""
        self.hang_up()
        self.ledger.close()


def _without_name(settings: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in settings.items() if key != "name"}


def transport_to(route: Route) -> Transport:
    """A transport to a route's far end, not yet connected. Raises Misconfigured."""
    return make_transport(str(route.transport["name"]), _settings_of(route))


def _settings_of(route: Route) -> dict[str, object]:
    """A transport's settings. One that does otherwise with a live system is told which the endpoint is, whatever it was told itself."""
    name, settings = str(route.transport["name"]), _without_name(route.transport)
    if getattr(adapter_class(TRANSPORT, name), "asks_environment", False):
        return settings | {"environment": str(route.endpoint.environment)}
    return settings


def open_hub(settings: Settings, clock: Clock) -> Hub:
    """The hub as its files say it now. Raises InvalidDocument for a broken suite or alarm file, LedgerUnavailable for a ledger that
    cannot be used, Misconfigured for keys that are not there.

    A broken force file breaks that force alone: see `registry.broken`.
    """
    ledger = open_ledger(settings)
    registry = Registry.load(settings.mappings, settings.endpoints)
    checks, alarms = Checks.load(settings.expectations), read_alarm_file(settings.alarms)
    return Hub(settings, ledger, registry, checks, clock, alarm_file=alarms)


_CURRENT: ContextVar[Hub] = ContextVar("hub")


def current() -> Hub:
    """The hub of the run that this task belongs to: tasks are given identifiers alone, for Prefect stores what they are given."""
    return _CURRENT.get()


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Tasks called within the block work on this hub."""
    token = _CURRENT.set(hub)
    try:
        yield hub
    finally:
        _CURRENT.reset(token)


@contextmanager
def hub_of_environment(clock: Clock) -> Iterator[Hub]:
    """The hub of a flow: the one that its caller is running, or one opened from the environment's settings for this flow alone."""
    given = _CURRENT.get(None)
    if given:
        yield given
        return
    if not os.environ.get("HUB_HOME"):  # a worker runs flows in a folder that it throws away: nothing may be kept there
        raise Misconfigured("home-not-set", "HUB_HOME is not set: name the hub's own folder in the worker's environment")
    collect_seldom()  # a worker has a process for each run
    hub = open_hub(Settings.read(), clock)
    try:
        with running(hub):
            yield hub
    finally:
        hub.close()
