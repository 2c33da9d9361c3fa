"""What the screens work with: the ledger, the forces and suites as their files say now, the clock, and charts that are drawn already."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from hub.alarm_file import read_alarm_file
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.gravity import Ages
from hub.ledger.ledger import Ledger
from hub.pages.charts import Chart, charts
from hub.pages.facts import Gathered, gather
from hub.pages.period import Period
from hub.quality.folder import Suites, read_suites
from hub.settings import Settings
from hub.steps.operate import Desk
from hub.steps.programme import Programme, programme
from hub.steps.worklist import Advice, advice

T = TypeVar("T")
FRESH = 20.0  # seconds for which what was counted and drawn is shown again; the page says when that was
SLOW = 300.0  # the same for what reads the whole ledger
FILES = 60.0  # seconds after which the files of forces and suites are read again
_MOST = 24  # periods kept


class Kept(Generic[T]):
    """Something that is made at most every so many seconds, by one thread at a time."""

    def __init__(self, make: Callable[[], T], seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._lock = Lock()
        self._made: tuple[float, T] | None = None

    def get(self) -> T:
        with self._lock:
            if self._made is None or time.monotonic() - self._made[0] >= self._seconds:
                self._made = (time.monotonic(), self._make())
            return self._made[1]


@dataclass
class Drawn:
    """A period's facts, and the charts of each page of it that anybody has asked for."""

    gathered: Gathered
    advice: Advice
    _charts: dict[str | None, list[Chart]] = field(default_factory=dict)

    def charts(self, force: str | None = None) -> list[Chart]:
        if force not in self._charts:
            facts = self.gathered.of(force) if force else self.gathered.nation
            self._charts[force] = charts(facts, self.advice)
        return self._charts[force]


class Office:
    """Everything behind the screens. Safe in any thread."""

    def __init__(self, settings: Settings, ledger: Ledger, clock: Clock) -> None:
        self.settings = settings
        self.ledger = ledger
        self.clock = clock
        self._registry = Kept(lambda: Registry.load(settings.mappings, settings.endpoints), FILES)
        self._suites = Kept(lambda: read_suites(settings.expectations), FILES)
        self._ages = Kept(lambda: read_alarm_file(settings.alarms).ages, FILES)
        self._programme = Kept(lambda: programme(ledger, self.registry, clock.today(), settings.rekeying_minutes), SLOW)
        self._periods: dict[str, Kept[Drawn]] = {}
        self._lock = Lock()

    @property
    def registry(self) -> Registry:
        """Raises InvalidDocument."""
        return self._registry.get()

    @property
    def suites(self) -> Suites:
        """Raises InvalidDocument."""
        return self._suites.get()

    @property
    def advice(self) -> Advice:
        return advice(self.suites)

    @property
    def programme(self) -> Programme:
        """The programme's own figures, at most some minutes old. Raises LedgerUnavailable."""
        return self._programme.get()

    @property
    def ages(self) -> Ages:
        """How long a report may wait in quarantine. Raises InvalidDocument."""
        return self._ages.get()

    @property
    def names(self) -> dict[str, str]:
        """What each force is called, by slug."""
        return {slug: force.name for slug, force in self.registry.forces.items()} | {slug: slug for slug in self.registry.broken}

    def desk(self, who: str, reason: str = "") -> Desk:
        """Where somebody works who puts something right."""
        return Desk(self.ledger, self.registry, self.clock, who, reason)

    def drawn(self, period: Period) -> Drawn:
        """A period's facts and charts, at most some seconds old. Raises LedgerUnavailable."""

        def draw() -> Drawn:
            return Drawn(gather(self.ledger, self.registry, period, self.clock, self.ages), self.advice)

        key = f"{period.first} {period.last}"
        with self._lock:
            if key not in self._periods and len(self._periods) >= _MOST:
                self._periods.pop(next(iter(self._periods)))
            kept = self._periods.setdefault(key, Kept(draw, FRESH))
        return kept.get()
