"""What has not come to an end yet: what is in the intake, and what the ledger says is on its way."""

from collections import Counter
from dataclasses import dataclass

from bench.chaos.intake import Intake
from hub.ledger.ledger import Ledger
from hub.ledger.queue import held, waiting_by_force
from hub.ledger.standing import routes_to_confirm, routes_with_work, standing
from hub.words import State

_MOVING = (State.WAITING, State.SEALED, State.DELIVERED)  # an acknowledgement will still come for what is delivered
_PASSING = ("circuit-open", "paused")


@dataclass(frozen=True, slots=True)
class Moving:
    """Reports by where they are on their way, how many are in doubt, and how many are not on their way (any more)."""

    on_their_way: Counter[str]
    in_doubt: int
    ended: int


def moving(ledger: Ledger, intake: Intake) -> Moving:
    """What moves now, while workers go on.

    It is looked for in the direction in which it moves, so that it cannot slip past between two questions: the intake before
    the ledger, what will be let go before what waits, what is to be sent before what is to be acknowledged.
    """
    found: Counter[str] = Counter({"in the intake": int(not intake.empty)})
    found.update({f"held, {group.code}": group.reports for group in held(ledger) if group.code in _PASSING})
    states: Counter[State] = Counter()
    for force in standing(ledger):
        states.update(force.states)
    found.update({str(state): states[state] for state in _MOVING})
    waiting = str(State.WAITING)
    found[waiting] = max(found[waiting], waiting_by_force(ledger).total())  # copies, too, which are made while their reports wait
    found["to be sent"] += sum(work.reports for work in routes_with_work(ledger).values())  # copies, too
    found["to be acknowledged"] += sum(routes_to_confirm(ledger).values()) - states[State.IN_DOUBT]
    return Moving(+found, states[State.IN_DOUBT], states.total() - sum(states[state] for state in _MOVING))
