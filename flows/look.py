"""The dispatcher's look: whether a pass is worth starting, and for what. It costs a folder's listing and a few queries."""

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from adapters.sources.chosen import FILES as SOURCE_FILES
from flows.confirm import UNASKED
from flows.wiring import Hub
from hub.forces.files import URGENT_AT_ONCE
from hub.ledger import dispatching
from hub.ledger.leases import cut_claims, cut_leases
from hub.ledger.notices import is_owed
from hub.ledger.standing import routes_delivered_to, routes_to_confirm
from hub.schedule import RouteName, scheduled, timetable
from hub.steps.gates import Gates
from hub.words import Lane

AGAIN = 60.0  # seconds until a pass is made again for what the last one left as it was
SETTLED = 2.0  # seconds that a file of the intake was left alone, as its source has it
ASK = 60.0  # seconds between two questions for acknowledgements
ALARMS = 900.0  # seconds after which a pass is made to look for alarms, where nothing else was worth one
DEAD = 5.0  # seconds between two looks whether a worker has died
SET_BACK = timedelta(minutes=15)  # a schedule that was kept until longer from now was so before the clock was set back
ACCOUNT = 300.0  # seconds between two accounts, where anything has moved


@dataclass(frozen=True, slots=True)
class Pace:
    """How often far ends are asked for acknowledgements, and a source elsewhere for submissions, and the account is drawn up: seconds."""

    ask: float = ASK
    account: float = ACCOUNT


@dataclass(frozen=True, slots=True)
class Todo:
    """What a pass is wanted for, in words, and what it must do."""

    because: tuple[str, ...]
    intake: bool
    due: tuple[str, ...]  # routes: `kent/records-system`
    ask: bool
    account: bool


class Lookout:
    """Looks, and remembers what it saw: what a pass could not change is no reason for the next one at once."""

    def __init__(self, hub: Hub, intake: Path, settle_seconds: float, pace: Pace) -> None:
        self._hub = hub
        self._intake = intake
        self._settle_seconds = settle_seconds
        self._pace = pace
        self._seen: dict[str, tuple[object, float]] = {}  # what the last pass was for, and when it began
        self._day: date | None = None
        self._gates = Gates(frozenset(), frozenset())
        self._buried = -float("inf")
        self._shut = self._closed()
        self._asked = self._accounted = self._picked_up = -float("inf")
        self._began = self._born = time.monotonic()
        self._has_moved = True  # something may have changed since the account

    def look(self, news: str | None = None) -> Todo | None:
        """What there is to do; None where nothing is: then whatever was due is served.

        Forces that are paused are left alone, and their slots kept for them; `news` is a reason of the caller's own. Raises
        LedgerUnavailable, and OSError where the intake cannot be read.
        """
        self._bury()
        opened = self._opened()
        due = self._due()
        found = {name: what for name, what in (self._reasons(due, news) | {"opened again": opened}).items() if what}
        if any(self._is_fresh(name, what) for name, what in found.items()):
            return self._begin(found, due)
        if not found.keys() & {"due", "empty drops"}:
            dispatching.serve(self._hub.ledger, due, self._hub.clock.now())
        return None

    def _bury(self) -> None:
        """What dead workers held is free again, now and then."""
        if _passed(self._buried, DEAD) is not None:
            self._buried = time.monotonic()
            cut_leases(self._hub.ledger)
            cut_claims(self._hub.ledger)

    def _due(self) -> frozenset[RouteName]:
        """Routes whose drops are due. One that is new here waits for its first slot, and so do all after the clock was set far back."""
        ledger, clock = self._hub.ledger, self._hub.clock
        routes, served = scheduled(self._hub.registry, clock.today()), dispatching.served(ledger)
        if new := routes.keys() - served.keys():
            dispatching.begin_schedules(ledger, new, clock.now())
        if ahead := {route for route, until in served.items() if until > clock.now() + SET_BACK}:
            dispatching.serve(ledger, ahead, clock.now())
            served = dispatching.served(ledger)
        return frozenset(route for route in timetable(routes, served).due(clock.now()) if route[0] not in self._gates.paused)

    def _reasons(self, due: Collection[RouteName], news: str | None) -> dict[str, object]:
        """Everything that may be worth a pass, with what tells it from the last time; nothing where there is no such reason."""
        ledger, today, taken = self._hub.ledger, self._hub.clock.today(), self._hub.taken
        ready = dispatching.ready_to_send(ledger, self._closed())
        open_ = [route for route in routes_to_confirm(ledger) if route not in taken]
        return {
            "new in the intake": self._new(),
            **self._waiting(due),
            "to be sent": {route: tried for route, tried in ready.items() if route not in taken},
            "acknowledgements": (open_ and _passed(self._asked, self._pace.ask)) or self._unasked(),
            "account": self._has_moved and _passed(self._accounted, self._pace.account),
            "outcomes": self._owes() and _passed(self._began, AGAIN),
            "alarms": _passed(self._began, ALARMS),
            "a new day": today if today != self._day else None,
            "new files": news,
        }

    def _new(self) -> object:
        """What is new in the intake: the files of a folder, or that a source elsewhere has not been asked for some time."""
        if self._intake.suffix in SOURCE_FILES:
            return _passed(self._picked_up, self._pace.ask)
        return _files(self._intake, self._settle_seconds)

    def _unasked(self) -> float | None:
        """Forces that were sent anything are asked every hour, whether anything is open or not."""
        passed = _passed(max(self._asked, self._born), UNASKED)
        return passed if passed and routes_delivered_to(self._hub.ledger) else None

    def _owes(self) -> bool:
        """Whether the platform is to be told anything: a pass under way tells it what it brought, so the last may be a minute old."""
        return self._hub.settings.outcomes is not None and is_owed(self._hub.ledger)

    def _opened(self) -> tuple[object, ...]:
        """What was paused, not well or outside its window at the last look and is not now: what was held for it may go.

        With the time, for it is news.
        """
        before, shut = self._gates, self._shut
        self._gates, self._shut = Gates.of(self._hub.ledger, self._hub.registry, self._hub.clock.now()), self._closed()
        endpoints = (before.circuits - self._gates.circuits) | (before.endpoints - self._gates.endpoints)
        opened = (before.paused - self._gates.paused) | endpoints | (shut - self._shut)
        return (opened, time.monotonic()) if opened else ()

    def _closed(self) -> frozenset[tuple[str, str, Lane]]:
        """The lanes of which nothing may leave now: it is outside their routes' delivery windows."""
        now = self._hub.clock.now()
        routes = scheduled(self._hub.registry, self._hub.clock.today())
        return frozenset((*route, lane) for route, drops in routes.items() for lane in Lane if not drops.may_leave(lane, now))

    def _waiting(self, due: Collection[RouteName]) -> dict[str, object]:
        """The reports that wait, by why they need not wait any longer: with the newest of each force, route and lane."""
        registry, today = self._hub.registry, self._hub.clock.today()
        drops = scheduled(registry, today)
        primary = {force: route.name for force, known in registry.forces.items() if (route := known.primary_on(today))}
        found = [(key, newest) for key, newest in dispatching.waiting(self._hub.ledger).items() if key[0] not in self._gates.paused]
        waits = {
            ((force, copy or primary.get(force, "")), lane): newest
            for (force, copy, lane), newest in found
            if force not in self._gates.paused
        }
        at_once = {route for route, of in drops.items() if of.urgent == URGENT_AT_ONCE}
        return {
            "due": {key: newest for key, newest in waits.items() if key[0] in due},
            "urgent": {key[0]: newest for key, newest in waits.items() if key[1] is Lane.URGENT and key[0] in at_once},
            "to be held": {key: newest for key, newest in waits.items() if key[0] not in drops},
            "empty drops": frozenset(route for route in due if route in drops and drops[route].empty),
        }

    def _is_fresh(self, name: str, what: object) -> bool:
        before, at = self._seen.get(name, (None, 0.0))
        return before != what or time.monotonic() - at >= AGAIN

    def _begin(self, found: dict[str, object], due: Collection[RouteName]) -> Todo:
        """A pass begins: what it is for is not new any more."""
        now = time.monotonic()
        ask, account = "acknowledgements" in found, "account" in found
        self._seen = {name: (what, now) for name, what in found.items()}
        self._day = self._hub.clock.today()
        self._began = now
        self._asked = now if ask else self._asked
        self._picked_up = now if "new in the intake" in found else self._picked_up
        self._accounted, self._has_moved = (now, False) if account else (self._accounted, True)
        return Todo(tuple(found), "new in the intake" in found, tuple(sorted("/".join(route) for route in due)), ask, account)


def _files(folder: Path, settle_seconds: float) -> frozenset[tuple[str, int]]:
    """The submissions' files that nobody writes any more: names, and when each was last changed in any way."""
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name.endswith((".json", ".ndjson")) and not entry.name.startswith(".")]
        states = [(entry.name, entry.stat(follow_symlinks=False)) for entry in found]
    return frozenset((name, state.st_ctime_ns) for name, state in states if abs(time.time() - state.st_mtime) >= settle_seconds)


def _passed(since: float, pace: float) -> float | None:
    """When so many seconds have passed: now; another answer each time, so that it is always a reason."""
    now = time.monotonic()
    return now if now - since >= pace else None
