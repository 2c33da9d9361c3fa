"""What the artifacts show: a page for each force that has moved, and the nation's worklist, drops and checks. No personal data."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prefect import get_run_logger
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.settings import get_current_settings

from flows.stage import count, in_thread
from flows.wiring import Hub
from hub.clock import day_of
from hub.ledger.days import failed_codes
from hub.ledger.moved import Drop, moved, newest_drops, shown
from hub.ledger.standing import Standing, standing
from hub.steps.worklist import Advice, Item, Waiting, advice, gravest
from hub.words import State

MOST = 200  # rows of a table
OF_A_FORCE = 20  # drops on a force's page
SIDE_BY_SIDE = 8  # requests at once

_STATES = (State.WAITING, State.SEALED, State.HELD, State.IN_DOUBT, State.QUARANTINED, State.DELIVERED, State.ACCEPTED)
_WORKLIST = ("force", "report", "gravity", "act by", "code", "what to do", "waits", "owner", "at")
_DROPS = ("drop", "state", "reports", "attempts", "sealed (UTC)", "delivered (UTC)", "receipt", "last error")


@dataclass(frozen=True)
class Common:
    """What every page goes by, looked up once."""

    at: datetime
    stands: Mapping[str, Standing]
    advice: Advice
    pages: str | None


@dataclass(frozen=True)
class Looked:
    """What waits for a person, and the newest drops: of a force, or of the nation, and then with `checks`.

    `checks` has the reports that a check stopped or remarked upon today, by its code.
    """

    waits: Waiting
    drops: Sequence[Drop]
    checks: Mapping[str, int] = field(default_factory=dict)


async def show_or_say(hub: Hub) -> None:
    """The same for a run that goes on: that they cannot be brought up to date harms nothing, for the next pass does it."""
    try:
        await show(hub)
    except Exception as error:  # whatever Prefect's client or the ledger meets, what was done is done
        get_run_logger().warning("The artifacts could not be brought up to date (%s): the next pass does it.", type(error).__name__)


async def show(hub: Hub) -> int:
    """Bring the artifacts up to date with what has moved since they last were. Returns how many forces that are.

    Raises whatever Prefect's client meets: then the next pass shows it.
    """
    if not get_current_settings().api.url:
        return 0
    what = await in_thread(moved, hub.ledger)
    if not what.forces:
        return 0
    common = await in_thread(_in_common, hub)
    places, turn = asyncio.Semaphore(SIDE_BY_SIDE), asyncio.Lock()  # one is looked up while Prefect's server takes those before

    async def page(force: str) -> None:
        async with places:
            async with turn:
                found = await in_thread(_of_force, hub, common, force)
            await acreate_markdown_artifact(page_of(common, force, found), key=f"force-{force}", description=_told_of(force, found))

    async def tables() -> None:
        async with turn:
            found = await in_thread(_of_nation, hub, common)
        await _nation(common, found)

    await asyncio.gather(tables(), *map(page, what.forces))
    await in_thread(shown, hub.ledger, what)
    return len(what.forces)


def _in_common(hub: Hub) -> Common:
    return Common(hub.clock.now(), {one.force: one for one in standing(hub.ledger)}, _advice(hub), hub.settings.serve_url)


def _of_force(hub: Hub, common: Common, force: str) -> Looked:
    waits = gravest(hub.ledger, common.advice, hub.clock, MOST, force, hub.alarm_file.ages)
    return Looked(waits, newest_drops(hub.ledger, OF_A_FORCE, force))


def _of_nation(hub: Hub, common: Common) -> Looked:
    today = hub.clock.today()
    waits = gravest(hub.ledger, common.advice, hub.clock, MOST, ages=hub.alarm_file.ages)
    return Looked(waits, newest_drops(hub.ledger, MOST), failed_codes(hub.ledger, today, today))


def _advice(hub: Hub) -> Advice:
    return advice(None) | {code.code: ("check", code.do) for code in hub.checks.codes.values()}


async def _nation(common: Common, found: Looked) -> None:
    waits = f"{_number_of(found.waits)} {_more(found.waits)}{_screen(common, '/worklist')}"
    drops = f"The newest {count(len(found.drops), 'drop')}, with how we know that each arrived.{_screen(common, '/')}"
    all_checks = _screen(common, f"/checks/{day_of(common.at)}")
    checks = f"Of the reports picked up today: how many each check stopped or remarked upon.{all_checks}"
    stopped = sorted(found.checks.items(), key=lambda item: (-item[1], item[0]))[:MOST]
    rows = [(code, n, common.advice.get(code, ("", ""))[1]) for code, n in stopped]
    await asyncio.gather(
        acreate_table_artifact(_rows(_WORKLIST, map(_waits, found.waits.items)), key="quarantine", description=waits),
        acreate_table_artifact(_rows(_DROPS, map(_drop, found.drops)), key="drops", description=drops),
        acreate_table_artifact(_rows(("check", "reports", "what to do"), rows), key="checks", description=checks),
    )


def _screen(common: Common, path: str) -> str:
    """A link to a screen of `soh-hub serve`, where it is known what it is reached at."""
    return f" [All of it]({common.pages}{path})." if common.pages else ""


def page_of(common: Common, force: str, found: Looked) -> str:
    """A force's page: where its reports stand, what waits for a person, and its newest drops."""
    stands, waits, drops = common.stands.get(force, Standing(force)), found.waits, found.drops
    states = [(state.value, f"{stands.states[state]:,}") for state in _STATES if stands.states.get(state)]
    parts = [
        f"# {force}",
        f"As of {common.at:%Y-%m-%d %H:%M} UTC. Last delivery: {_time(stands.last_delivery) or 'none'}.",
        "## Where its reports stand",
        _table(("state", "reports"), states) if states else "It has no reports.",
        "## Quarantine",
        f"{_number_of(waits)} {_more(waits)}",
        _table(_WORKLIST[1:], (_waits(item)[1:] for item in waits.items)) if waits.items else "",
        "## Newest drops",
        _table(_DROPS, map(_drop, drops)) if drops else "None.",
        f"[Its page]({common.pages}/pages/{day_of(common.at)}/{force}.html)" if common.pages else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _told_of(force: str, found: Looked) -> str:
    return f"{force}: {_number_of(found.waits)}"


def _number_of(waits: Waiting) -> str:
    if not waits.total:
        return "Nothing is in quarantine."
    late = sum(item.passed for item in waits.items)
    return f"{count(waits.total, 'report')} in quarantine, gravest first; {late:,} of those shown for too long."


def _more(waits: Waiting) -> str:
    more = waits.total - len(waits.items)
    return f"{more:,} more: `soh-hub quarantine list` has them all." if more else ""


def _waits(item: Item) -> tuple[str, ...]:
    name = item.name if item.name == item.number else f"{item.name} ({item.number})"
    age = f"{in_words(item.age)}{', too long' if item.passed else ''}"
    where = f"{item.where or ''}{f' on {item.route}' if item.route else ''}".strip()
    return (item.force, name, item.gravity, str(item.deadline or ""), item.code, item.do, age, item.owner or "", where)


def _drop(drop: Drop) -> tuple[str, ...]:
    times = (_time(drop.sealed_at), _time(drop.delivered_at))
    return (drop.key, drop.state, f"{drop.reports:,}", str(drop.attempts), *times, drop.receipt or "", drop.error or "")


def in_words(age: timedelta) -> str:
    """`3 d 4 h`, `4 h 05 min`, `5 min`."""
    minutes = int(age.total_seconds()) // 60
    if minutes >= 24 * 60:
        return f"{minutes // 1440} d {minutes // 60 % 24} h"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _rows(names: Sequence[str], rows: Iterable[Sequence[object]]) -> list[dict[str, object]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [" | ".join(_cell(value) for value in row) for row in rows]
    return "\n".join(f"| {line} |" for line in (" | ".join(names), " | ".join("---" for _ in names), *lines))


def _cell(value: object) -> str:
    """What would end a cell or be taken for Markdown stays what it is."""
    return "".join(f"\\{letter}" if letter in "|*_[]<>\\#" else letter for letter in str(value)).replace("\n", " ")
