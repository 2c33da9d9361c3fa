"""A force, ready for use: its services with their days, its routes with everything that profile, force and endpoints file say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from hub.documents import Fault
from hub.forces.files import ACKNOWLEDGED_WITHIN, URGENT_AT_ONCE, GoLive
from hub.mapping.fieldmap import FieldMap
from hub.schedule import Window
from hub.words import Environment, Lane, Purpose


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The far end of a route."""

    instance: str
    environment: Environment


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who alone can read what goes by a route (OpenPGP): the force's `certificate`, and a reference to the key that we sign with."""

    certificate: Path
    signing_key: str | None = None


@dataclass(frozen=True, slots=True)
class Drops:
    """When a route's drops are due, when they may leave, and of what they are made; `attachments` is `files` or `none`.

    `empty`: a slot for which there is nothing brings a drop without reports.
    """

    schedule: str = "*/15 * * * *"
    timezone: str = "Europe/London"
    window: Window | None = None
    empty: bool = False
    at_most: int = 500
    urgent: str = URGENT_AT_ONCE
    manifest: bool = True
    attachments: str = "files"
    attempts: int | None = None  # in a row, before the fallback or the breaker; None is the hub's own figure

    def may_leave(self, lane: Lane, now: datetime) -> bool:
        """Whether drops of a lane may leave now: within the window, and at any time where urgent ones go at once."""
        if self.window is None or (lane is Lane.URGENT and self.urgent == URGENT_AT_ONCE):
            return True
        return self.window.is_open(now, self.timezone)


@dataclass(frozen=True, eq=False)
class Route:
    """A way to a force. `transport` and `format` have their `name`, and texts as the files have them: the adapters read them."""

    force: str
    force_code: str
    name: str
    purpose: Purpose
    profile: str
    endpoint: Endpoint
    transport: Mapping[str, object] = field(repr=False)
    drops: Drops
    format: Mapping[str, object]
    folder: Path  # the profile's, where its schema is
    checks: str | None
    models: frozenset[str]
    fields: FieldMap = field(repr=False)
    skeleton: FieldMap = field(repr=False)
    services: frozenset[str] | None = None  # of a copy: those that it carries; None is all
    lanes: frozenset[Lane] = frozenset(Lane)
    recipient: Recipient | None = None  # None: what is sent is protected on its way alone
    from_day: date = date.min
    to_day: date = date.max  # the first day on which it no longer holds

    def mapping(self, service: str) -> FieldMap:
        """The field map for a service: the profile's own, or its skeleton where it does not model the service."""
        return self.fields if service in self.models else self.skeleton

    def holds_on(self, day: date) -> bool:
        return self.from_day <= day < self.to_day

    def carries(self, service: str, lane: Lane) -> bool:
        """Whether reports of this service and lane go by this route: a copy may be of some alone."""
        return lane in self.lanes and (self.services is None or service in self.services)


@dataclass(frozen=True, eq=False)
class Expected:
    """Bounds of a day's reports, and how soon they are acknowledged: what lies outside is an alarm. None is no bound."""

    daily_minimum: int | None = None
    acknowledged_within: timedelta | None = ACKNOWLEDGED_WITHIN


@dataclass(frozen=True, eq=False)
class Force:
    """A police force: who, which services from which day, and the routes to it."""

    slug: str
    name: str
    nation: str
    ons_code: str
    pnc_code: str
    services: Mapping[str, GoLive]
    routes: tuple[Route, ...]
    expect: Expected

    def live_from(self, service: str) -> GoLive:
        """From which day it takes a service: its own date, or the default; without either never."""
        return self.services.get(service) or self.services.get("default") or GoLive(None)

    def not_live(self, service: str, day: date) -> str | None:
        """None where it takes this service on this day, else the code that the report is held with."""
        return _not_live(self, service, day)

    def routes_on(self, day: date) -> tuple[Route, ...]:
        """The routes that hold on a day."""
        return _routes_on(self, day)

    def primary_on(self, day: date) -> Route | None:
        """The route that the account follows on a day, where there is one."""
        return _primary_on(self, day)

    def copies_on(self, day: date) -> tuple[Route, ...]:
        """The routes that carry a copy of its reports on a day."""
        return tuple(route for route in self.routes_on(day) if route.purpose is Purpose.COPY)

    def kept_on(self, day: date) -> tuple[Route, ...]:
        """The routes that keep a schedule of their own on a day: the primary one and the copies."""
        return tuple(route for route in self.routes_on(day) if route.purpose is not Purpose.FALLBACK)


@lru_cache(512)  # a force as it was read from its file never changes, and is asked for every report
def _routes_on(force: Force, day: date) -> tuple[Route, ...]:
    return tuple(route for route in force.routes if route.holds_on(day))


@lru_cache(512)
def _primary_on(force: Force, day: date) -> Route | None:
    return next((route for route in _routes_on(force, day) if route.purpose is Purpose.PRIMARY), None)


@lru_cache(4096)
def _not_live(force: Force, service: str, day: date) -> str | None:
    if _begun(force.live_from(service), day):
        return None
    return "service-not-live" if any(_begun(each, day) for each in force.services.values()) else "force-not-live"


@dataclass(frozen=True)
class BrokenForce:
    """A force whose file cannot be used: its reports are held until it is put right."""

    slug: str
    faults: tuple[Fault, ...]


def _begun(live: GoLive, day: date) -> bool:
    return live.day is not None and live.day <= day
