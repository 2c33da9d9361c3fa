from dataclasses import replace
from datetime import timedelta

from hub.alarms import AlarmKind
from hub.ledger.alarms import Changed, ToTell, Trouble, ever, keep, standing, to_tell, told
from hub.ledger.ledger import Ledger
from hub.ledger.tables import alarms
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, all_at_once, rows

LATER = AT + timedelta(hours=1)
ALL = frozenset(AlarmKind)
DOUBT = Trouble(AlarmKind.IN_DOUBT, "kent", "records-system", 3, "kent.records-system.routine.k7q2.000017")
SILENT = Trouble(AlarmKind.SILENT_FEED, "essex", "", 0)


def test_a_trouble_is_one_alarm_from_when_it_is_seen_until_it_is_over(ledger: Ledger) -> None:
    raised = keep(ledger, ALL, [DOUBT], AT)
    assert [(alarm.trouble, alarm.raised_at, alarm.cleared_at) for alarm in raised.raised] == [(DOUBT, AT, None)]
    assert keep(ledger, ALL, [DOUBT], LATER) == Changed()
    assert standing(ledger) == list(raised.raised)
    over = keep(ledger, ALL, [], LATER)
    assert [(alarm.trouble, alarm.raised_at, alarm.cleared_at) for alarm in over.cleared] == [(DOUBT, AT, LATER)]
    assert (over.raised, standing(ledger), ever(ledger, 10)) == ((), [], list(over.cleared))


def test_a_trouble_that_grows_is_the_same_alarm_with_another_number(ledger: Ledger) -> None:
    keep(ledger, ALL, [DOUBT], AT)
    grown = Trouble(DOUBT.kind, DOUBT.force, DOUBT.subject, 30, "another")
    assert keep(ledger, ALL, [grown], LATER) == Changed()
    assert [(alarm.trouble, alarm.raised_at) for alarm in standing(ledger)] == [(grown, AT)]


def test_what_comes_back_is_another_alarm(ledger: Ledger) -> None:
    for troubles in ([DOUBT], [], [DOUBT]):
        keep(ledger, ALL, troubles, AT)
    assert [row["cleared_at"] for row in rows(ledger, alarms)] == [AT, None]


def test_kinds_that_were_not_looked_at_stay_as_they_are(ledger: Ledger) -> None:
    keep(ledger, ALL, [DOUBT, SILENT], AT)
    changed = keep(ledger, ALL - {AlarmKind.SILENT_FEED}, [], LATER)
    assert ([alarm.trouble for alarm in changed.cleared], [alarm.trouble for alarm in standing(ledger)]) == ([DOUBT], [SILENT])


def test_a_long_detail_is_cut(ledger: Ledger) -> None:
    keep(ledger, ALL, [Trouble(AlarmKind.CIRCUIT_OPEN, "hub", "athena live", 1, "x" * 9_000)], AT)
    assert standing(ledger)[0].trouble.detail == "x" * 500


def test_workers_that_see_the_same_raise_it_once(open_ledger: OpenLedger) -> None:
    told: list[Changed] = []
    workers = [open_ledger(worker=f"{n}") for n in range(4)]
    all_at_once(lambda one: told.append(keep(one, ALL, [DOUBT, SILENT], AT)), workers)
    assert sorted(len(changed.raised) for changed in told) == [0, 0, 0, 2]
    all_at_once(lambda one: told.append(keep(one, ALL, [], LATER)), workers)
    assert sorted(len(changed.cleared) for changed in told[4:]) == [0, 0, 0, 2]


def test_what_is_raised_is_told_once_and_that_it_is_over_only_to_whom_it_was_told(ledger: Ledger) -> None:
    keep(ledger, ALL, [DOUBT, SILENT], AT)
    new = to_tell(ledger)
    assert ([alarm.trouble for alarm in new.raised], new.cleared) == ([DOUBT, SILENT], ())
    assert to_tell(ledger) == new  # nobody was told yet
    told(ledger, replace(new, raised=new.raised[:1]), LATER)
    assert [alarm.trouble for alarm in to_tell(ledger).raised] == [SILENT]
    keep(ledger, ALL, [], LATER)
    over = to_tell(ledger)
    assert (over.raised, [alarm.trouble for alarm in over.cleared]) == ((), [DOUBT])
    told(ledger, over, LATER)
    assert to_tell(ledger) == ToTell()
