"""What the checks found, on both databases."""

from collections import Counter
from datetime import timedelta

from hub.ledger.changes import Author
from hub.ledger.checked import Result, Tally, results
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from tests.ledger.making import AT, DAY

NEXT = DAY + timedelta(days=1)


def _counted(ledger: Ledger, looked: dict[tuple[str, str], int], failed: dict[tuple[str, str, str], int], days: int = 0) -> None:
    move(ledger, Author("prepare", AT + timedelta(days=days)), {}, Tally(Counter(looked), Counter(failed)))


def test_batches_of_a_day_add_up_by_rule_and_by_force(ledger: Ledger) -> None:
    _counted(ledger, {("report", "a"): 10, ("report", "b"): 10}, {("report", "a", "kent"): 2, ("report", "a", "essex"): 1})
    _counted(ledger, {("report", "a"): 5, ("crime", "c"): 0}, {("report", "a", "kent"): 1})
    _counted(ledger, {("report", "a"): 7}, {}, days=1)
    assert results(ledger, DAY, DAY) == [Result("report", "a", 15, 4, {"essex": 1, "kent": 3}), Result("report", "b", 10, 0, {})]
    assert results(ledger, NEXT, NEXT) == [Result("report", "a", 7, 0, {})]
    assert [one.looked for one in results(ledger, DAY, NEXT)] == [22, 10]
    assert results(ledger, NEXT + timedelta(days=1), NEXT + timedelta(days=1)) == []
