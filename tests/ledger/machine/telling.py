"""What the force says of its reports, and what the platform is told."""

from hub.ledger.confirmations import confirm
from hub.ledger.notices import next_notice, refused, sent
from hub.words import PayloadState, State
from tests.ledger.machine.model import COPY, FORCE, PRIMARY, Model, Operation
from tests.ledger.making import said
from tests.ledger.picture import Row

_OPEN = (State.WAITING, State.SEALED, State.HELD, State.IN_DOUBT, State.DELIVERED)


def _number(m: Model, report: Row) -> int:
    return int(str(next(s["submission_id"] for s in m.seen["submissions"] if s["id"] == report["submission_id"]))[-12:])


def _acknowledge(m: Model) -> None:
    """Of what was sent, of what was not, early, again, and in contradiction. Read again, it changes nothing."""
    some, route = _spoken_of(m)
    numbers = sorted({_number(m, m.one(some)) for _ in range(m.number(3, 1))})
    accepted = not m.chance(4)
    told = [said(number, f"{m.steps if not m.chance(5) else 0}.ack.json:{number}", accepted=accepted) for number in numbers]
    before = {row["id"]: row for row in m.seen["reports"]}
    back = _taken_back(m, route)
    first = confirm(m.ledger, FORCE, route, told, m.at)
    assert first.accepted + first.rejected + first.repeated + first.unmatched == len(told)
    m.reached["acknowledgements unmatched"] += first.unmatched
    m.reached["acknowledgements repeated"] += first.repeated
    _judge(m, before, back, numbers, accepted, first.accepted + first.rejected)
    with m.changes_nothing():
        second = confirm(m.ledger, FORCE, route, told, m.at)
    assert (second.accepted, second.rejected, second.unmatched) == (0, 0, 0)


def _spoken_of(m: Model) -> tuple[list[Row], str]:
    """Reports that the force may speak of, and the route that it speaks over: also the one that they were taken back from."""
    back = _taken_back(m, PRIMARY.name)
    if back and m.chance(2):
        return [row for row in m.seen["reports"] if row["id"] in back], PRIMARY.name
    likely = m.reports(State.DELIVERED, State.IN_DOUBT) or m.reports(State.SEALED, State.HELD)
    some = likely if likely and not m.chance(4) else m.seen["reports"]
    return some, str(m.one(some)["route"] or PRIMARY.name)


def _taken_back(m: Model, route: str) -> dict[int, int]:
    """Reports that were last tried over a route in a drop that they were taken out of again, with that drop."""
    tried = {drop["id"]: drop["attempts"] for drop in m.seen["drops"] if drop["route"] == route}
    last = {row["report_id"]: row for row in m.seen["members"] if row["drop_id"] in tried and row["outcome"]}
    return {i: row["drop_id"] for i, row in last.items() if row["outcome"] == PayloadState.VOIDED and tried[row["drop_id"]]}


def _judge(m: Model, before: dict[int, Row], back: dict[int, int], numbers: list[int], accepted: bool, counted: int) -> None:
    """Only reports of these submissions came to what was said of them: in a drop that was tried, or out of which they were taken."""
    tried = {drop["id"] for drop in m.seen["drops"] if drop["attempts"]}
    changed = [row for row in m.look()["reports"] if row != before[row["id"]]]
    assert len(changed) == counted
    for row in changed:
        was = before[row["id"]]
        assert was["state"] in _OPEN
        was_back = was["id"] in back and (row["drop_id"] == back[was["id"]] or was["state"] == State.DELIVERED)
        assert was["drop_id"] in tried or was_back
        m.reached["acknowledged after it was taken back"] += was_back
        assert _number(m, row) in numbers
        assert row["state"] == (State.ACCEPTED if accepted else State.QUARANTINED)
        m.arrived |= {row["drop_id"], was["drop_id"]}  # and nothing of the one that need not bring it any more is taken back
        m.reached[f"acknowledged while {was['state']}"] += 1
        m.reached["copies accepted"] += row["route"] == COPY.name and accepted


def _tell(m: Model) -> None:
    """The platform gets each notice until it has it, the same bytes each time."""
    found = next_notice(m.one(m.workers).ledger, lambda _: "46", m.at)
    again = next_notice(m.one(m.workers).ledger, lambda _: "46", m.at)
    assert found == again
    if found is None or found.notice is None:
        return
    m.reached["notices"] += 1
    if m.chance(4):
        refused(m.ledger, found.id, "http-422", m.at)
        m.reached["notices refused"] += 1
    else:
        sent(m.ledger, found.id, m.at)
        m.told += found.notice.body.splitlines()
        m.reached["outcomes told"] += found.notice.outcomes


def _much_to_say(m: Model) -> int:
    return (5 if m.reports(State.DELIVERED, State.IN_DOUBT) else 1) + 4 * bool(_taken_back(m, PRIMARY.name))


OPERATIONS = (
    Operation(_acknowledge, lambda m: _much_to_say(m) * bool(m.seen["reports"])),
    Operation(_tell, lambda m: 2 * bool(m.seen["noticed"])),
)
