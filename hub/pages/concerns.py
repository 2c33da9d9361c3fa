"""What an operator must see first: each trouble of a period by force, and how well each force is.

A force is judged by its gravest trouble.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hub.alarms import MEANINGS, AlarmKind
from hub.forces.force import Force
from hub.ledger.account import Account
from hub.ledger.alarms import Alarm
from hub.words import State

_TELLING = (AlarmKind.SILENT_FEED, AlarmKind.MISCONFIGURED, AlarmKind.QUARANTINE_OLD)  # whose detail is of that force alone, and short
REJECTING, QUARANTINED = "rejecting", "quarantined"  # beside the kinds of alarms
OPEN = (State.WAITING, State.SEALED, State.HELD, State.IN_DOUBT)


class Health(StrEnum):
    """How well a force is, the gravest first. Each has a sign of its own, so that colour never says it alone."""

    DOWN = "down"
    TROUBLED = "needs a person"
    WAITING = "reports wait"
    WELL = "well"
    QUIET = "no reports"

    @property
    def sign(self) -> str:
        return {"down": "✕", "needs a person": "▲", "reports wait": "◔", "well": "✓", "no reports": "–"}[self]

    @property
    def css(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of trouble in words."""

    title: str
    health: Health
    do: str


@dataclass(frozen=True, slots=True)
class Concern:
    """One trouble of one force. `number` is of what its kind counts, `note` sets it in proportion, `over` is when it ended."""

    kind: str
    force: str
    number: int
    note: str = ""
    since: datetime | None = None
    over: datetime | None = None


_TITLES: dict[AlarmKind, tuple[str, Health]] = {
    AlarmKind.CIRCUIT_OPEN: ("Down: the far end does not answer", Health.DOWN),
    AlarmKind.MISCONFIGURED: ("Stopped: wrong settings", Health.DOWN),
    AlarmKind.UNBALANCED: ("The account does not balance", Health.TROUBLED),
    AlarmKind.SILENT_FEED: ("Silent: fewer reports than expected", Health.TROUBLED),
    AlarmKind.QUARANTINE_OLD: ("In quarantine for too long", Health.TROUBLED),
    AlarmKind.IN_DOUBT: ("In doubt: may have arrived", Health.TROUBLED),
    AlarmKind.UNACKNOWLEDGED: ("Delivered, not acknowledged in time", Health.TROUBLED),
    AlarmKind.NOT_SENT: ("Sealed, and not sent", Health.TROUBLED),
    AlarmKind.NO_ROUTE: ("Held: no route on file", Health.TROUBLED),
    AlarmKind.UNMATCHED_ACKNOWLEDGEMENT: ("Acknowledged, though never sent", Health.TROUBLED),
    AlarmKind.PERHAPS_TWICE: ("Perhaps twice with the force", Health.TROUBLED),
    AlarmKind.SPOILT: ("The hub's own copy is spoilt", Health.TROUBLED),
    AlarmKind.NOTICE_REFUSED: ("The platform refuses outcomes", Health.TROUBLED),
    AlarmKind.UNTOLD: ("The platform does not take outcomes", Health.TROUBLED),
}
KINDS: dict[str, Kind] = {kind.value: Kind(title, health, MEANINGS[kind].do) for kind, (title, health) in _TITLES.items()} | {
    REJECTING: Kind("Rejecting reports", Health.TROUBLED, "See each reason in the worklist; amend, re-route or ask the force."),
    QUARANTINED: Kind("In quarantine", Health.WAITING, "Work through `soh-hub quarantine list`, danger to life first."),
}
_ORDER = (AlarmKind.CIRCUIT_OPEN, AlarmKind.MISCONFIGURED, AlarmKind.SILENT_FEED, REJECTING, AlarmKind.QUARANTINE_OLD, QUARANTINED)
ORDER = (*map(str, _ORDER), *(str(kind) for kind in AlarmKind if kind not in _ORDER))  # in which they stand on the page


def from_alarms(
    alarms: Iterable[Alarm], forces: Mapping[str, Force], day: date, states: Mapping[str, Mapping[State, int]]
) -> Iterator[Concern]:
    """Each alarm as a concern; one of an endpoint that forces share is one of each, with its own reports and no word of the others."""
    for alarm in alarms:
        trouble = alarm.trouble
        if trouble.kind is AlarmKind.CIRCUIT_OPEN:
            for force in _sharing(trouble.subject, forces, day) or [trouble.force]:
                waits = sum(states.get(force, {}).get(state, 0) for state in OPEN)
                yield Concern(trouble.kind, force, waits, "wait" if waits else "", alarm.raised_at, alarm.cleared_at)
        else:
            note = trouble.detail if trouble.kind in _TELLING else ""
            yield Concern(trouble.kind, trouble.force, trouble.number, note, alarm.raised_at, alarm.cleared_at)


def from_account(account: Account, states: Mapping[str, Mapping[State, int]], answered: Mapping[str, int]) -> Iterator[Concern]:
    """What the account of the period shows: rejected reports, as a share of those that the force has `answered`, and every quarantine."""
    for force in account.forces():
        rejected = sum(
            n for (owner, state, code), n in account.codes.items() if (owner, state, code) == (force, State.QUARANTINED, "rejected")
        )
        if rejected:
            yield Concern(REJECTING, force, rejected, f"{rejected / (rejected + answered.get(force, 0)):.1%} of those answered")
        if count := states[force].get(State.QUARANTINED):
            yield Concern(QUARANTINED, force, count)


def silent(picked_up: Mapping[str, int], forces: Mapping[str, Force], day: date) -> Iterator[Concern]:
    """Forces that are live and had fewer reports on a finished day than their files expect."""
    for slug, force in forces.items():
        least = force.expect.daily_minimum or 0
        if picked_up.get(slug, 0) < least and any(force.not_live(service, day) is None for service in force.services):
            yield Concern(AlarmKind.SILENT_FEED, slug, picked_up.get(slug, 0), f"at least {least} are expected")


def health(concerns: Iterable[Concern], states: Mapping[State, int]) -> Health:
    """How well a force with these troubles and reports is; what is over no longer counts."""
    gravest = [KINDS[concern.kind].health for concern in concerns if concern.over is None]
    if any(states.get(state) for state in OPEN):
        gravest.append(Health.WAITING)
    gravest.append(Health.WELL if any(states.values()) else Health.QUIET)
    return min(gravest, key=list(Health).index)


def grouped(concerns: Iterable[Concern]) -> list[tuple[Kind, list[Concern]]]:
    """By kind, the gravest first; within a kind what stands before what is over, and the largest first."""
    found: dict[str, list[Concern]] = {}
    for concern in concerns:
        found.setdefault(concern.kind, []).append(concern)
    return [
        (KINDS[kind], sorted(found[kind], key=lambda one: (one.over is not None, -one.number, one.force)))
        for kind in ORDER
        if kind in found
    ]


def _sharing(endpoint: str, forces: Mapping[str, Force], day: date) -> list[str]:
    """The forces with a route to `instance environment` on that day."""
    return [
        slug
        for slug, force in forces.items()
        if any(f"{route.endpoint.instance} {route.endpoint.environment}" == endpoint for route in force.routes_on(day))
    ]
