"""How an operator's action is done from a flow, and the state that it ends in: what it did, to how many, and what happens next."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from prefect.client.schemas.objects import State

from flows.showing import show_or_say
from flows.stage import count, ended, failed, in_thread, told
from flows.wiring import hub_of_environment
from hub.clock import Clock
from hub.documents import InvalidDocument
from hub.ledger.changes import Author
from hub.ledger.errors import LedgerUnavailable, Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done, Refusal
from hub.steps.operate import Desk, NotDone

ACTOR = "unverified (Prefect)"  # its server has one credential for all and tells a run nothing of who started it
REFUSED, NOTHING_TO_DO = "Refused", "Nothing to do"
_SHOWN = 5  # reports that a message names for each reason of refusal


@dataclass(frozen=True, slots=True)
class Words:
    """How an action is told of: what its end is called, what became of the reports, and what happens next."""

    end: str
    became: str
    next: str


async def act(words: Words, action: Callable[[Desk], Done], reason: str, *, only_look: bool, actor: str = ACTOR) -> State[None]:
    """Do it to the ledger of this run. What would break a law is refused, and nobody else's report is left undone for it."""
    with hub_of_environment(Clock()) as hub:
        desk = Desk(hub.ledger, hub.registry, hub.clock, actor, reason, only_look)
        try:
            done = await in_thread(action, desk)
        except (NotDone, InvalidDocument) as error:
            return failed(REFUSED, f"Nothing was changed. {error}")
        except (LedgerUnavailable, Overtaken) as error:
            return told(error)
        await show_or_say(hub)
    return end_of_action(words, done, only_look=only_look)


def end_of_action(words: Words, done: Done, *, only_look: bool = False) -> State[None]:
    """The state for what an action did. One that refused any report is a bad end, so that it is looked at."""
    changed = f"{count(done.changed, 'report')} {'would be ' if only_look else ''}{words.became}{_by_force(done)}."
    if done.refused:
        return failed("Partly refused" if done.changed else REFUSED, f"{changed} {_refusals(done.refused)}")
    if not done.changed:
        return ended(NOTHING_TO_DO, "No report is meant that it could be done to.")
    return ended("Only looked", f"{changed} Nothing was changed.") if only_look else ended(words.end, f"{changed} {words.next}")


def _by_force(done: Done) -> str:
    return f" ({', '.join(f'{force} {number:,}' for force, number in sorted(done.by_force.items()))})" if done.changed else ""


def _refusals(refused: list[Refusal]) -> str:
    """`2 refused, it is accepted: the force has accepted it (SOH-26NOV-8F3K2A, #17).`, for each reason."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for one in refused:
        by_reason[one.why].append(one.name)
    return " ".join(f"{len(names):,} refused, {why} ({', '.join(names[:_SHOWN])}{_more(names)})." for why, names in by_reason.items())


def _more(names: list[str]) -> str:
    return f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""


async def hold(force: str, action: Callable[[Ledger, str, Author], bool], name: str, reason: str, end: State[None]) -> State[None]:
    """Pause or resume a force, and end in `end`. Only a force that is on file can be paused; whatever is paused can be resumed."""
    with hub_of_environment(Clock()) as hub:
        if name == "pause" and force not in {*hub.registry.forces, *hub.registry.broken}:
            return failed(REFUSED, f"Nothing was changed. There is no force '{force}' on file.")
        try:
            changed = await in_thread(action, hub.ledger, force, Author(name, hub.clock.now(), ACTOR, reason))
        except (LedgerUnavailable, Overtaken) as error:
            return told(error)
    return end if changed else ended(NOTHING_TO_DO, f"{force} is {'paused already' if name == 'pause' else 'not paused'}.")


async def act_on_endpoint(
    action: Callable[[Desk, str], bool], name: str, reason: str, end: State[None], otherwise: str, *, only_look: bool
) -> State[None]:
    """Do it to an endpoint, and end in `end`; where nothing changes for it stands so already, `otherwise` says how it stands."""
    with hub_of_environment(Clock()) as hub:
        desk = Desk(hub.ledger, hub.registry, hub.clock, ACTOR, reason, only_look)
        try:
            changed = await in_thread(action, desk, name)
        except NotDone as error:
            return failed(REFUSED, f"Nothing was changed. {error}")
        except (LedgerUnavailable, Overtaken) as error:
            return told(error)
    if not changed:
        return ended(NOTHING_TO_DO, f"{name} {otherwise}.")
    return ended("Only looked", f"It would be: {end.name}. Nothing was changed.") if only_look else end
