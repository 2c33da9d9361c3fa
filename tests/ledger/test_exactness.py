from datetime import date

from hub.ledger.arrivals import record
from hub.ledger.exactness import Inexact, inexact
from hub.ledger.ledger import Ledger
from hub.mapping.record import Signal
from tests.ledger.making import AT, an_arrival

LONG, CODE = Signal("truncated", "persons/SURNAME"), Signal("lossy-code", "persons/GENDER")


def test_what_was_not_carried_over_exactly_is_counted_by_force_and_kind(ledger: Ledger) -> None:
    record(
        ledger,
        [an_arrival(1, signals=(LONG, LONG, CODE)), an_arrival(2, signals=(LONG,)), an_arrival(3, force="essex", signals=(CODE,))],
        AT,
    )
    assert inexact(ledger) == [
        Inexact("essex", "lossy-code", values=1, reports=1),
        Inexact("kent", "lossy-code", values=1, reports=1),
        Inexact("kent", "truncated", values=3, reports=2),
    ]
    assert inexact(ledger, date(1999, 1, 1)) == []
