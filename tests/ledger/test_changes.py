import re
from pathlib import Path

import pytest
from sqlalchemy import update

from hub.ledger.changes import FIRST, NEXT, Author, Move, change, enter
from hub.ledger.errors import IllegalChange, Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from hub.ledger.tables import WHERE, changes, history, reports
from hub.settings import PROJECT
from hub.words import State
from tests.ledger.making import AT, rows, states, waiting

FINAL = {State.DUPLICATE, State.ACCEPTED, State.REROUTED, State.REDIRECTED, State.WITHDRAWN}


def _documented() -> dict[str, set[str]]:
    """From and to, as the table of the architecture page has them; the beginning is `—`."""
    page = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.split("## States and who may change them")[1].split("\n## ")[0]
    found: dict[str, set[str]] = {}
    for starts, ends in re.findall(r"^\| (?!From|-)([^|]+) \| ([^|]+) \|", table, re.MULTILINE):
        for start in starts.split(", "):
            found.setdefault(start, set()).update(re.sub(r" \([^)]*\)", "", ends).split(", "))
    return found


def test_the_architecture_page_and_the_code_name_the_same_steps() -> None:
    documented = _documented()
    assert documented.pop("—") == set(FIRST)
    assert documented == {start: set(ends) for start, ends in NEXT.items() if ends}


def test_the_states_without_a_next_are_the_final_ones() -> None:
    assert {state for state, ends in NEXT.items() if not ends} == FINAL
    assert set(NEXT) == set(State)


def _stand(ledger: Ledger, report: int, state: State) -> None:
    with ledger.write() as connection:
        connection.execute(update(reports).where(reports.c.id == report).values(state=state))


def test_exactly_the_allowed_steps_are_taken(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    assert {start: _taken(ledger, report, start) for start in State} == NEXT


def _taken(ledger: Ledger, report: int, start: State) -> set[State]:
    """The states that a report gets to from this one; where it does not, it stays."""
    taken = set()
    for end in State:
        _stand(ledger, report, start)
        try:
            move(ledger, Author("test", AT), {"kent": [Move(report, start, end)]})
            taken.add(end)
        except IllegalChange:
            assert states(ledger) == [start]
    return taken


def test_no_report_begins_in_the_middle(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    for state in set(State) - FIRST:
        with pytest.raises(IllegalChange, match=f"cannot begin as {state}"), ledger.write() as connection:
            enter(connection, "kent", Author("test", AT), [(report, state, None, None)])
    assert len(rows(ledger, history)) == 1


def test_a_step_is_written_with_who_what_when_and_why(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    author = Author("withdraw", AT, actor="j.smith", reason="sent by mistake")
    move(ledger, author, {"kent": [Move(i, State.WAITING, State.WITHDRAWN, code="mistake", where="x" * 1_000) for i in ids]})
    written = rows(ledger, changes)[-1]
    assert (written["action"], written["actor"], written["reason"], written["at"]) == ("withdraw", "j.smith", "sent by mistake", AT)
    assert (written["reports"], written["force"]) == (2, "kent")
    steps = [row for row in rows(ledger, history) if row["change_id"] == written["id"]]
    assert [(row["report_id"], row["from_state"], row["to_state"], row["code"]) for row in steps] == [
        (i, "waiting", "withdrawn", "mistake") for i in ids
    ]
    assert {len(row["where"]) for row in steps} == {len(row["where"]) for row in rows(ledger, reports)} == {WHERE}


def test_an_overtaken_step_leaves_nothing_behind_not_even_for_those_that_were_in_time(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    _stand(ledger, ids[1], State.HELD)
    before = rows(ledger, history)
    with pytest.raises(Overtaken, match="1 of 2 reports"):
        move(ledger, Author("test", AT), {"kent": [Move(i, State.WAITING, State.QUARANTINED) for i in ids]})
    assert states(ledger) == ["waiting", "held"]
    assert rows(ledger, history) == before


def test_state_and_history_are_written_together_or_not_at_all(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    before = rows(ledger, history)
    with pytest.raises(RuntimeError), ledger.write() as connection:  # noqa: PT012 - the transaction is what is tested
        change(connection, "kent", Author("test", AT), [Move(report, State.WAITING, State.HELD)])
        raise RuntimeError("the worker dies")
    assert states(ledger) == ["waiting"]
    assert rows(ledger, history) == before


def test_going_back_to_waiting_leaves_the_drop_and_any_claim(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    with ledger.write() as connection:
        stands = {"state": State.QUARANTINED, "route": "records-system", "reference": "KENT-1", "worker": "first", "lease_until": AT}
        connection.execute(update(reports).where(reports.c.id == report).values(**stands))
    move(ledger, Author("release", AT), {"kent": [Move(report, State.QUARANTINED, State.WAITING)]})
    (row,) = rows(ledger, reports)
    assert (row["drop_id"], row["worker"], row["lease_until"]) == (None, None, None)
    assert (row["route"], row["reference"]) == ("records-system", "KENT-1")


def test_only_one_module_writes_states() -> None:
    """Everywhere else a report's state is read, never set."""
    folder = PROJECT / "hub" / "ledger"
    setters = re.compile(r"update\(reports\)(?:(?!execute).)*?values\([^)]*\bstate=", re.DOTALL)
    assert [path.name for path in sorted(folder.glob("*.py")) if setters.search(path.read_text(encoding="utf-8"))] == [
        Path("changes.py").name
    ]
