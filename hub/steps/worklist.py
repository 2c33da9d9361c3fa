"""The worklist of the quarantine: what waits for a person, gravest first, since when, and what to do. No personal data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.causes import CODES
from hub.clock import Clock
from hub.gravity import AGES, ROAD_TRAFFIC, Ages, Gravity, gravity_of, rank
from hub.ledger.choosing import Chosen, Wanted, choose
from hub.ledger.ledger import Ledger
from hub.ledger.queue import opened, slices
from hub.quality.folder import Suites
from hub.reports.reader import Unreadable, read
from hub.reports.urgency import deadline
from hub.words import State

Advice = Mapping[str, tuple[str, str]]  # cause and what to do, by code


@dataclass(frozen=True, slots=True)
class Item:
    """A report in quarantine. `passed` where it has waited for longer than its gravity allows; `deadline` is the last day to act on it."""

    name: str
    number: str  # of its arrival, by which it can always be named: `#17`
    force: str
    service: str
    route: str | None
    gravity: Gravity
    deadline: date | None
    code: str
    where: str | None
    cause: str
    since: datetime
    age: timedelta
    passed: bool
    owner: str | None
    do: str


def worklist(ledger: Ledger, advice: Advice, clock: Clock, wanted: Wanted, older: timedelta | None = None, ages: Ages = AGES) -> list[Item]:
    """What is in quarantine, in the order in which to work through it: danger to life, legal deadlines, age. `advice` by code."""
    chosen = [one for one in choose(ledger, wanted, {State.QUARANTINED}) if one.state == State.QUARANTINED]
    items = _items(ledger, chosen, advice, clock.now(), ages)
    return [item for item in items if older is None or item.age >= older]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The gravest of what is in quarantine, and how many there are in all."""

    items: tuple[Item, ...]
    total: int


def gravest(ledger: Ledger, advice: Advice, clock: Clock, at_most: int, force: str | None = None, ages: Ages = AGES) -> Waiting:
    """The first of the worklist. Deadlines are read from the bytes, of five times as many as are asked for: those that wait longest."""
    chosen = choose(ledger, Wanted(force=force), {State.QUARANTINED})
    first = sorted(chosen, key=lambda one: (rank(gravity_of(one.service, one.lane)), one.since))[: 5 * at_most]
    return Waiting(tuple(_items(ledger, first, advice, clock.now(), ages)[:at_most]), len(chosen))


def _items(ledger: Ledger, chosen: Sequence[Chosen], advice: Advice, now: datetime, ages: Ages) -> list[Item]:
    """Each with what to do, in the order in which to work."""
    days = _deadlines(ledger, [one for one in chosen if one.service == ROAD_TRAFFIC])
    items = [_item(one, days.get(one.report_id), advice, now, ages) for one in chosen]
    return sorted(items, key=lambda item: (rank(item.gravity), item.deadline or date.max, item.since, item.number))


def advice(suites: Suites | None) -> dict[str, tuple[str, str]]:
    """Cause and what to do, by code: the hub's own, and those of the checks."""
    own = {code.code: (str(code.cause or ""), code.do) for code in CODES.values()}
    return own | ({rule.code: ("check", rule.do) for _, rule in suites.rules()} if suites else {})


def _item(one: Chosen, last: date | None, advice: Advice, now: datetime, ages: Ages) -> Item:
    gravity, age = gravity_of(one.service, one.lane), now - one.since
    cause, do = advice.get(one.code or "", ("", "Look it up in docs/operate.md."))
    passed = age > ages[gravity]
    where = (one.name, f"#{one.submission}", one.force, one.service, one.route)
    return Item(*where, gravity, last, one.code or "", one.where, cause, one.since, age, passed, one.owner, do)


def _deadlines(ledger: Ledger, chosen: Iterable[Chosen]) -> dict[int, date]:
    """The last day for each, where its bytes say when it happened."""
    found: dict[int, date] = {}
    for some in slices([one.report_id for one in chosen]):
        for submission in opened(ledger, some):
            try:
                last = deadline(read(submission.body or b"").report)
            except Unreadable:
                continue
            if last:
                found[submission.claimed.report_id] = last
    return found
