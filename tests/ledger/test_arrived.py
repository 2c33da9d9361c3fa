"""What simply arrived is written at a glance: to the same end as if each report had been judged."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.ledger import outcomes
from hub.ledger.arrived import Reach
from hub.ledger.changes import Author
from hub.ledger.deliveries import pieces_of
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Outcome, Result, settle
from hub.ledger.tables import drops, members, payloads, reports
from hub.words import DropState, PayloadKind, PayloadState
from tests.ledger.making import AT, own, rows, shared, waiting

P = PayloadState
KENT = Author("deliver", AT)


@pytest.fixture
def pair(tmp_path: Path, new_file: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """Two ledgers of their own."""
    two = []
    for name in ("glance", "judged"):
        file = tmp_path / f"{name}.db"
        file.write_bytes(new_file.read_bytes())
        two.append(Ledger(f"sqlite:///{file}", str(tmp_path / name)))
    yield two[0], two[1]
    for ledger in two:
        ledger.close()


def _settled(ledger: Ledger, drop: int, windows: Sequence[Sequence[Result]]) -> list[Outcome]:
    told = []
    for window in windows:
        with ledger.write() as connection:
            told.append(settle(connection, "kent", drop, window, KENT))
    return told


def _picture(ledger: Ledger, drop: int) -> list[Any]:
    parts = [(row["state"], row["receipt"], row["reference"], row["delivered_at"]) for row in rows(ledger, payloads)]
    there = [(row["state"], row["code"], row["where"], row["reference"]) for row in rows(ledger, reports)]
    return [parts, there, [row["outcome"] for row in rows(ledger, members)], rows(ledger, drops)[drop - 1]["state"]]


_STATES = st.sampled_from([*[P.DELIVERED] * 6, P.REFUSED, P.IN_DOUBT])


@st.composite
def _sendings(draw: st.DrawFn) -> tuple[bool, list[int], list[list[tuple[PayloadState, bool]]]]:
    """A drop whose reports share its payloads or not, how many attachments each has, and the states of its payloads by window."""
    files = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=1, max_size=5))
    windows = draw(st.lists(st.lists(st.tuples(_STATES, st.sampled_from([False, False, True])), max_size=4), min_size=1, max_size=5))
    return draw(st.booleans()), files, windows


@settings(max_examples=100, deadline=None, report_multiple_bugs=False, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sending=_sendings())
def test_at_a_glance_it_ends_as_if_it_were_judged(pair: tuple[Ledger, Ledger], sending: tuple[bool, list[int], Any]) -> None:
    is_shared, files, states = sending
    pictures, told = [], []
    for ledger, judged in zip(pair, (False, True), strict=True):
        ids = waiting(ledger, *_fresh(ledger, len(files)))
        drop = (shared if is_shared else own)(ledger, ids, dict(zip(ids, files, strict=True)))
        windows = _windows(ledger, drop, states)
        with pytest.MonkeyPatch.context() as patched:
            if judged:
                patched.setattr(outcomes, "reach_of", lambda *_: Reach.OTHER)
            told.append(_settled(ledger, drop, windows))
        pictures.append(_picture(ledger, drop))
    assert [(one.ends, one.drop, len(one.voided)) for one in told[0]] == [(one.ends, one.drop, len(one.voided)) for one in told[1]]
    assert pictures[0] == pictures[1]


def _fresh(ledger: Ledger, count: int) -> range:
    """Numbers of submissions that this ledger does not have."""
    first = len(rows(ledger, reports)) + 1
    return range(first, first + count)


def _windows(ledger: Ledger, drop: int, states: Sequence[Sequence[tuple[PayloadState, bool]]]) -> list[list[Result]]:
    """The drop's payloads in their order, with these states, and here and there a report in them that the far end would not have."""
    left = iter(pieces_of(ledger, drop))
    found = []
    for window in states:
        some = []
        for state, refuses in window:
            if (piece := next(left, None)) is None:
                break
            inside = piece.payload.reports[:1] if refuses and piece.payload.kind is PayloadKind.RECORDS else ()
            refused = tuple((report.submission_id, "bad-date") for report in inside)
            some.append(Result(piece.id, state, "took", f"R-{piece.payload.name}", refused=refused if state is P.DELIVERED else ()))
        found.append(some)
    return found


def test_a_piece_that_all_share_ends_nobody_before_the_last(ledger: Ledger) -> None:
    drop = shared(ledger, waiting(ledger, 1, 2), tables=2)
    first, second, last = (piece.id for piece in pieces_of(ledger, drop))
    told = _settled(ledger, drop, [[Result(first, P.DELIVERED)], [Result(second, P.DELIVERED)], [Result(last, P.DELIVERED)]])
    assert [(one.drop, sum(one.ends.values())) for one in told] == [(DropState.SEALED, 0), (DropState.SEALED, 0), (DropState.DELIVERED, 2)]


def test_a_window_with_gaps_ends_only_what_it_tells_of(ledger: Ledger) -> None:
    drop = own(ledger, waiting(ledger, *range(1, 6)))
    ids = [piece.id for piece in pieces_of(ledger, drop)]
    told = _settled(ledger, drop, [[Result(ids[0], P.DELIVERED), Result(ids[4], P.DELIVERED), Result(ids[2], P.REFUSED, code="no")]])
    assert told[0].ends == {P.DELIVERED: 2, P.REFUSED: 1}
    assert [row["outcome"] for row in rows(ledger, members)] == ["delivered", None, "refused", None, "delivered"]
    assert [piece.id for piece in pieces_of(ledger, drop)] == [ids[1], ids[3]]
