"""What a page shows, gathered once from the ledger; and what of it is one force's, which is all that its own page is given."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from hub.alarms import AlarmKind
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.gravity import AGES, Ages
from hub.ledger import days
from hub.ledger.account import Account, Cell, account
from hub.ledger.days import Wait
from hub.ledger.ledger import Ledger
from hub.pages.concerns import Concern, from_account, from_alarms, silent
from hub.pages.period import Period
from hub.words import State

THE_MORNING_AFTER = timedelta(days=1)  # what was wrong in the night is found then


@dataclass(frozen=True)
class Facts:
    """Counts alone: nothing that a person wrote, and no reference of theirs."""

    period: Period
    drawn_up: datetime
    names: Mapping[str, str]  # of the forces that it is about, by slug
    states: Mapping[str, Mapping[State, int]]  # by force
    services: Counter[str]
    outcomes: Counter[tuple[str, State]]  # by service
    volumes: Counter[Cell]  # of all the days that are shown
    times: Mapping[str, list[float]]  # seconds from submission to delivery, by force
    waits: tuple[Wait, ...]  # in quarantine now
    concerns: tuple[Concern, ...]
    balanced: bool
    total: int  # picked up in the period; nationally a re-routed report counts once
    ages: Ages = field(default_factory=lambda: AGES)  # how long a report may wait for a person

    def in_state(self, *states: State) -> int:
        return sum(counted.get(state, 0) for counted in self.states.values() for state in states)

    @property
    def all_times(self) -> list[float]:
        return sorted(seconds for times in self.times.values() for seconds in times)


@dataclass(frozen=True)
class Gathered:
    """The nation's facts, and each force's."""

    nation: Facts
    cells: Mapping[tuple[Cell, State], int]
    differing: frozenset[str]

    def of(self, force: str) -> Facts:
        """This force's facts, and nothing of any other's."""
        nation = self.nation
        outcomes: Counter[tuple[str, State]] = Counter()
        for (cell, state), n in self.cells.items():
            if cell.force == force:
                outcomes[cell.service, state] += n
        services = _services(outcomes)
        return replace(
            nation,
            names={force: nation.names.get(force, force)},
            states={force: nation.states.get(force, {})},
            services=services,
            outcomes=outcomes,
            volumes=Counter({cell: n for cell, n in nation.volumes.items() if cell.force == force}),
            times={force: nation.times.get(force, [])},
            waits=tuple(wait for wait in nation.waits if wait.force == force),
            concerns=tuple(concern for concern in nation.concerns if concern.force == force),
            balanced=force not in self.differing,
            total=services.total(),
        )


def gather(ledger: Ledger, registry: Registry, period: Period, clock: Clock, ages: Ages = AGES) -> Gathered:
    """Everything that the pages of a period show. Raises LedgerUnavailable."""
    found = reduce(_and, (account(ledger, day) for day in period.days))
    states = {force: found.of_force(force) for force in found.forces()}
    outcomes: Counter[tuple[str, State]] = Counter()
    for (cell, state), n in found.states.items():
        outcomes[cell.service, state] += n
    nation = Facts(
        period,
        clock.now(),
        {slug: force.name for slug, force in registry.forces.items()} | {slug: slug for slug in registry.broken},
        states,
        _services(outcomes),
        outcomes,
        days.picked_up(ledger, period.shown[0], period.last),
        days.delivery_times(ledger, period.first, period.last),
        tuple(days.in_quarantine(ledger, period.last)),
        tuple(_concerns(ledger, registry, period, clock, found, states)),
        found.balanced,
        found.total,
        ages,
    )
    return Gathered(nation, found.states, frozenset(difference.cell.force for difference in found.differences))


def _concerns(
    ledger: Ledger, registry: Registry, period: Period, clock: Clock, found: Account, states: Mapping[str, Mapping[State, int]]
) -> list[Concern]:
    alarms = days.alarms_between(ledger, period.begin, period.end + THE_MORNING_AFTER)
    accepted = {force: counted.get(State.ACCEPTED, 0) for force, counted in states.items()}
    own = [*from_account(found, states, accepted)]
    first = days.first_day(ledger)
    if period.first == period.last < clock.today() and first is not None and first <= period.first:
        alarms = [alarm for alarm in alarms if alarm.trouble.kind is not AlarmKind.SILENT_FEED]  # those are about the day before
        came = Counter[str]()
        for cell, n in found.picked_up.items():
            came[cell.force] += n
        own += silent(came, registry.forces, period.first)
    return [*from_alarms(alarms, registry.forces, period.last, states), *own]


def _and(one: Account, other: Account) -> Account:
    """The account of both."""
    return Account(
        one.picked_up + other.picked_up,
        one.states + other.states,
        one.codes + other.codes,
        one.rerouted_in + other.rerouted_in,
        one.differences + other.differences,
    )


def _services(outcomes: Counter[tuple[str, State]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (service, _), n in outcomes.items():
        found[service] += n
    return found
