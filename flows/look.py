"""The dispatcher's look: whether a pass is worth starting, and for what. It costs a folder's listing and a few queries."""

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from adapters.sources.chosen import FILES as SOURCE_FILES
from adapters.sources.folder import is_live, is_submission, state_of, unavailable
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

FEW = 8  # forces that a pass for what is urgent alone is for, where nothing has just come
AGAIN = 60.0  # seconds until a pass is made again for what the last one left as it was
SETTLED = 2.0  # seconds that a file of the intake was left alone, as its source has it
ASK = 60.0  # seconds between two questions for acknowledgements
ALARMS = 900.0  # seconds after which a pass is made to look for alarms, where nothing else was worth one
DEAD = 5.0  # seconds between two looks whether a worker has died
SET_BACK = timedelta(minutes=15)  # a schedule that was kept until longer from now was so before the clock was set back
ACCOUNT = 300.0  # seconds between two accounts, where anything has moved

Waiting = Mapping[tuple[str, str | None, Lane], tuple[int, int]]  # as `dispatching.waiting` gives it

Seen = TypeVar("Seen")


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
    forces: tuple[str, ...] = ()  # where it is for what is urgent alone: those that it knows of beforehand


class Lookout:
    """Looks, and remembers what it saw: what a pass could not change is no reason for the next one at once."""

    def __init__(self, hub: Hub, intake: Path, settle_seconds: float, pace: Pace) -> None:
        self._hub = hub
        self._intake = intake
        self._settle_seconds = settle_seconds
        self._pace = pace
        self._seen: dict[str, tuple[object, float]] = {}  # what the last pass was for, and when it began
        self._hurried: dict[object, float] = {}  # the same of those for what is urgent alone
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
        LedgerUnavailable, and SourceUnavailable where the intake cannot be read.
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

    def look_for_urgent(self) -> Todo | None:
        """What cannot wait until the pass under way has prepared: files of one submission, which may be urgent; else what is urgent, of a
        few forces at a time, so that what comes next need not wait long.

        What a pass was for is worth another one only when it has changed, or after a while. Raises as `look` does.
        """
        now = time.monotonic()
        self._hurried = {what: at for what, at in self._hurried.items() if now - at < AGAIN}
        if new := self._pressing("new in the intake", [] if self._is_elsewhere() else _files(self._intake, self._settle_seconds, is_live)):
            self._hurried.update(dict.fromkeys(new, now))
            return Todo(("new in the intake",), intake=True, due=(), ask=False, account=False)
        waits = self._pressing("to be sent", self._urgent_drops()) + self._pressing("urgent", self._urgent_reports())
        forces = list(dict.fromkeys(force for _, (force, *_) in waits))[:FEW]
        some = [one for one in waits if one[1][0] in forces]
        self._hurried.update(dict.fromkeys(some, now))
        because = tuple(dict.fromkeys(reason for reason, _ in some))
        return Todo(because, intake=False, due=(), ask=False, account=False, forces=tuple(forces)) if some else None

    def _urgent_drops(self) -> list[tuple[str, str, int, int]]:
        """Force and route with the newest urgent drop that may be sent and how often they were tried, the oldest such first."""
        ready = dispatching.lanes_ready_to_send(self._hub.ledger, self._closed())
        found = [(*lane[:2], *of) for lane, of in ready.items() if lane[2] is Lane.URGENT and lane not in self._hub.taken]
        return sorted(found, key=lambda one: one[2])

    def _urgent_reports(self) -> list[tuple[str, str, int, int]]:
        """Force and route with the oldest and the newest urgent report that waits and need not, the oldest first."""
        at_once, waits = self._at_once(), self._waits(dispatching.waiting(self._hub.ledger, [Lane.URGENT]))
        return sorted(((*route, *which) for (route, _), which in waits.items() if route in at_once), key=lambda one: one[2])

    def _pressing(self, reason: str, those: Collection[Seen]) -> "list[tuple[str, Seen]]":
        """Those that no pass was for just now."""
        return [(reason, one) for one in those if (reason, one) not in self._hurried]

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
        ready = dispatching.lanes_ready_to_send(ledger, self._closed())
        open_ = [route for route in routes_to_confirm(ledger) if route not in self._hub.asked]
        return {
            "new in the intake": self._new(),
            **self._waiting(due),
            "to be sent": {lane: tried for lane, tried in ready.items() if lane not in taken and lane not in taken.awaited},
            "acknowledgements": (open_ and _passed(self._asked, self._pace.ask)) or self._unasked(),
            "account": self._has_moved and _passed(self._accounted, self._pace.account),
            "outcomes": self._owes() and _passed(self._began, AGAIN),
            "alarms": _passed(self._began, ALARMS),
            "a new day": today if today != self._day else None,
            "new files": news,
        }

    def _new(self) -> object:
        """What is new in the intake: the files of a folder, or that a source elsewhere has not been asked for some time."""
        if self._is_elsewhere():
            return _passed(self._picked_up, self._pace.ask)
        return _files(self._intake, self._settle_seconds)

    def _is_elsewhere(self) -> bool:
        return self._intake.suffix in SOURCE_FILES

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
        """The reports that wait, by why they need not wait any longer: with the oldest and the newest of each route and lane."""
        drops, at_once = scheduled(self._hub.registry, self._hub.clock.today()), self._at_once()
        waits = self._waits(dispatching.waiting(self._hub.ledger))
        return {
            "due": {key: which for key, which in waits.items() if key[0] in due},
            "urgent": {key[0]: which for key, which in waits.items() if key[1] is Lane.URGENT and key[0] in at_once},
            "to be held": {key: which for key, which in waits.items() if key[0] not in drops},
            "empty drops": frozenset(route for route in due if route in drops and drops[route].empty),
        }

    def _waits(self, waiting: Waiting) -> dict[tuple[RouteName, Lane], tuple[int, int]]:
        """The same by route and lane, but for forces that are paused."""
        today = self._hub.clock.today()
        primary = {force: route.name for force, known in self._hub.registry.forces.items() if (route := known.primary_on(today))}
        return {
            ((force, copy or primary.get(force, "")), lane): which
            for (force, copy, lane), which in waiting.items()
            if force not in self._gates.paused
        }

    def _at_once(self) -> set[RouteName]:
        """The routes that take urgent reports without waiting for their slot."""
        drops = scheduled(self._hub.registry, self._hub.clock.today())
        return {route for route, of in drops.items() if of.urgent == URGENT_AT_ONCE}

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


def _files(folder: Path, settle_seconds: float, wanted: Callable[[str], bool] = is_submission) -> frozenset[tuple[str, int]]:
    """The submissions' files that nobody writes any more: names, and when each was last changed in any way. Those that a pass lets go
    of meanwhile are left out. Raises SourceUnavailable.
    """
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if is_submission(entry.name) and wanted(entry.name)]
            states = [(entry.name, state) for entry in found if (state := state_of(entry))]
    except OSError as error:
        raise unavailable(folder, error) from None
    return frozenset((name, state.st_ctime_ns) for name, state in states if abs(time.time() - state.st_mtime) >= settle_seconds)


def _passed(since: float, pace: float) -> float | None:
    """When so many seconds have passed: now; another answer each time, so that it is always a reason."""
    now = time.monotonic()
    return now if now - since >= pace else None
