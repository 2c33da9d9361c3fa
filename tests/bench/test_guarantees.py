"""What the comparison takes out, and what it does not."""

from pathlib import Path

import pytest

from bench.guarantees import Day, _bound_to_nothing, _result
from hub.ledger.audit import verify
from hub.ledger.ledger import Ledger
from tests.ledger.making import waiting


@pytest.mark.parametrize(("guarded", "links"), [(True, 1), (False, 0)])
def test_a_day_without_guarantees_seals_no_history(tmp_path: Path, *, guarded: bool, links: int) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path / "store"))
    with _bound_to_nothing(unless=guarded):
        waiting(ledger, 1)
    assert verify(ledger).links == links
    waiting(ledger, 2)
    assert verify(ledger).links == links + 1
    ledger.close()


def test_the_best_of_the_rounds_counts_and_too_much_is_told() -> None:
    days = [Day(True, 12.0, 20.0, {}), Day(False, 10.0, 21.0, {}), Day(False, 9.0, 25.0, {}), Day(True, 13.0, 22.0, {})]
    result = _result(100, 2, days)
    assert (result.cpu_ratio, result.wall_ratio, result.within) == (1.333, 0.952, False)
