"""Silent feeds: a day's volume against the force's own minimum, and against what the same weekday usually brings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from hub.forces.force import Force
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.ledger.volumes import Feed, picked_up_by_feed

WEEKS = 8  # before the day, from which is learned
ENOUGH_WEEKS = 3
USUAL = 12  # a median below it says nothing: by chance alone a day may bring a quarter of it
SHARE = 4  # less than one in so many of the median is silence


@dataclass(frozen=True, slots=True)
class Silent:
    """A feed that brought too little on a day: of a force, or of one `service` of a force that is not silent itself."""

    force: str
    service: str  # empty: the force as a whole
    came: int
    why: str


def silent_feeds(ledger: Ledger, registry: Registry, day: date) -> list[Silent]:
    """The feeds of live forces that brought less on a finished day than `expect.daily_minimum`, or than a quarter of the usual.

    Usual is the median of the same weekday in the eight weeks before, where at least three are known. None where the ledger was not
    in use when that day began.
    """
    by_day = picked_up_by_feed(ledger, [day - timedelta(weeks=back) for back in range(WEEKS + 1)])
    if day not in by_day:
        return []
    today = by_day.pop(day)
    return [found for slug, force in sorted(registry.forces.items()) for found in _of_force(slug, force, day, today, list(by_day.values()))]


def _of_force(slug: str, force: Force, day: date, today: Counter[Feed], before: Sequence[Counter[Feed]]) -> Iterator[Silent]:
    live = [service for service in force.services if force.not_live(service, day) is None]
    if not live:
        return
    came = _whole(today, slug)
    why = _too_few(came, force.expect.daily_minimum or 0, [_whole(counted, slug) for counted in before])
    if why:
        yield Silent(slug, "", came, why)
        return
    for _, service in sorted({feed for counted in before for feed in counted if feed[0] == slug}):
        if force.not_live(service, day) is None:
            came = today[slug, service]
            if why := _too_few(came, 0, [counted[slug, service] for counted in before]):
                yield Silent(slug, service, came, why)


def _whole(counted: Counter[Feed], force: str) -> int:
    return sum(n for (slug, _), n in counted.items() if slug == force)


def _too_few(came: int, least: int, before: Sequence[int]) -> str | None:
    if came < least:
        return f"at least {least} are expected"
    usual = median(before) if len(before) >= ENOUGH_WEEKS else 0
    return f"{usual:g} are usual on that weekday" if usual >= USUAL and came * SHARE < usual else None
