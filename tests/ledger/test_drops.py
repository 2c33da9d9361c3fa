import hashlib
import re

import pytest
from sqlalchemy import update

from hub.ledger.changes import Author, Move
from hub.ledger.drops import Filled, Member, following, header_for, seal
from hub.ledger.errors import LedgerRefused, Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from hub.ledger.tables import changes, drops, history, lanes, members, payloads, reports, signals
from hub.mapping.record import Signal
from hub.words import Lane, State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, a_piece, a_route, all_at_once, balanced, own, rows, sealed, shared, states, waiting, with_bytes


def test_a_sealed_drop_fixes_its_number_key_members_bytes_and_digests(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    drop_id = shared(ledger, ids, {ids[0]: 1}, tables=2)
    (drop,), parts = rows(ledger, drops), rows(ledger, payloads)
    assert re.fullmatch(rf"kent\.records-system\.routine\.{ledger.series}\.000001", drop["key"])
    assert (drop["id"], drop["sequence"], drop["reports"], drop["state"], drop["attempts"]) == (drop_id, 1, 2, "sealed", 0)
    assert [(part["position"], part["kind"], part["state"]) for part in parts] == [
        (0, "attachment", "sealed"),
        (1, "records", "sealed"),
        (2, "records", "sealed"),
        (3, "manifest", "sealed"),
    ]
    assert drop["bytes"] == sum(part["size"] for part in parts)
    assert drop["digest"] == hashlib.sha256("".join(part["digest"] for part in parts).encode()).hexdigest()
    assert [hashlib.sha256(part["body"]).hexdigest() for part in with_bytes(ledger)] == [part["digest"] for part in parts]
    assert [(row["report_id"], row["payload_id"], row["outcome"]) for row in rows(ledger, members)] == [(i, None, None) for i in ids]


def test_its_reports_are_sealed_with_it_on_its_route_in_one_change(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    drop_id = own(ledger, ids)
    assert [(row["state"], row["route"], row["drop_id"]) for row in rows(ledger, reports)] == [("sealed", "records-system", drop_id)] * 2
    assert [(row["action"], row["reports"], row["drop_id"]) for row in rows(ledger, changes)][1:] == [("seal", 2, drop_id)]
    assert [row["payload_id"] for row in rows(ledger, members)] == [row["id"] for row in rows(ledger, payloads)]


def test_an_attachment_knows_the_report_that_it_came_with(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    own(ledger, ids, {ids[1]: 2})
    assert [row["report_id"] for row in rows(ledger, payloads)] == [ids[1], ids[1], None, None]


def test_what_was_not_carried_over_exactly_is_counted_with_the_report(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    route = a_route()
    told = (Signal("truncated", "persons/SURNAME"), Signal("defaulted", "x" * 1_000), Signal("truncated", "persons/SURNAME"))
    header = header_for(ledger, route, Lane.ROUTINE, AT)
    seal(ledger, route, [Filled(header, [a_piece(header.key)], [Member(report, told)])])
    assert [(row["kind"], row["field"][:20], row["count"]) for row in rows(ledger, signals)] == [
        ("truncated", "persons/SURNAME", 2),
        ("defaulted", "x" * 20, 1),
    ]


def test_each_lane_of_each_force_counts_for_itself_from_one(ledger: Ledger) -> None:
    for number, (force, lane) in enumerate(
        [("kent", Lane.ROUTINE), ("kent", Lane.URGENT), ("essex", Lane.ROUTINE), ("kent", Lane.ROUTINE)]
    ):
        sealed(ledger, waiting(ledger, number, force=force), [a_piece(f"drop {number}")], lane, force)
    assert [(row["force"], row["lane"], row["sequence"]) for row in rows(ledger, drops)] == [
        ("kent", "routine", 1),
        ("kent", "urgent", 1),
        ("essex", "routine", 1),
        ("kent", "routine", 2),
    ]


def _two(ledger: Ledger, ids: list[int]) -> list[Filled]:
    """Two drops of a lane that are sealed together, of a report each."""
    first = header_for(ledger, a_route(), Lane.ROUTINE, AT)
    second = following(first)
    return [Filled(each, [a_piece(each.key)], [Member(report)]) for each, report in zip((first, second), ids, strict=True)]


def test_drops_that_are_sealed_together_are_numbered_one_after_the_other_and_the_first_names_what_was_voided(ledger: Ledger) -> None:
    gone, *ids = waiting(ledger, 1, 2, 3)
    own(ledger, [gone])
    with ledger.write() as connection:
        connection.execute(update(drops).values(state="voided"))
    one, two = _two(ledger, ids)
    assert (one.header.voided, two.header.voided) == ((1,), ())
    seal(ledger, a_route(), [one, two])
    assert [(row["sequence"], row["key"][-7:], row["reports"], row["announced_in"]) for row in rows(ledger, drops)] == [
        (1, ".000001", 1, rows(ledger, drops)[1]["id"]),
        (2, ".000002", 1, None),
        (3, ".000003", 1, None),
    ]
    assert states(ledger)[1:] == ["sealed"] * 2
    assert balanced(ledger)


def test_of_drops_that_are_sealed_together_all_are_there_or_none(ledger: Ledger) -> None:
    ids = waiting(ledger, 1, 2)
    both = _two(ledger, ids)
    own(ledger, [ids[1]], lane=Lane.URGENT)  # the second's report is taken meanwhile
    before = [rows(ledger, table) for table in (drops, payloads, members, history, lanes)]
    with pytest.raises(Overtaken, match="1 of 1 reports"):
        seal(ledger, a_route(), both)
    assert [rows(ledger, table) for table in (drops, payloads, members, history, lanes)] == before
    assert states(ledger) == ["waiting", "sealed"]


def test_a_number_that_another_took_first_leaves_nothing_behind(ledger: Ledger) -> None:
    first, second = waiting(ledger, 1, 2)
    route = a_route()
    stale = header_for(ledger, route, Lane.ROUTINE, AT)
    own(ledger, [first])
    before = [rows(ledger, table) for table in (drops, payloads, members, history, lanes)]
    with pytest.raises(Overtaken, match="number 1 of kent records-system routine"):
        seal(ledger, route, [Filled(stale, [a_piece(stale.key)], [Member(second)])])
    assert [rows(ledger, table) for table in (drops, payloads, members, history, lanes)] == before
    assert states(ledger) == ["sealed", "waiting"]


@pytest.mark.parametrize("end", [State.SEALED, State.HELD])
def test_a_report_that_another_took_first_is_overtaken_and_its_number_is_not_used_up(ledger: Ledger, end: State) -> None:
    first, second = waiting(ledger, 1, 2)
    if end == State.SEALED:
        own(ledger, [first])
    else:
        move(ledger, Author("test", AT), {"kent": [Move(first, State.WAITING, State.HELD)]})
    taken = len(rows(ledger, drops))
    with pytest.raises(Overtaken, match="1 of 2 reports"):
        own(ledger, [first, second])
    assert len(rows(ledger, drops)) == taken
    own(ledger, [second])
    assert [row["sequence"] for row in rows(ledger, drops)] == list(range(1, taken + 2))


def test_the_database_itself_refuses_a_report_in_two_drops_on_their_way(ledger: Ledger) -> None:
    (report,) = waiting(ledger, 1)
    own(ledger, [report])
    other = waiting(ledger, 2)
    second = own(ledger, other)
    with pytest.raises(LedgerRefused, match="members"), ledger.write() as connection:
        connection.execute(members.insert().values(drop_id=second, report_id=report))


def test_workers_that_seal_into_one_lane_at_once_leave_no_gap_and_no_number_twice(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger(worker=str(number)) for number in range(4)]
    ids = waiting(ledgers[0], *range(40))
    missed: list[Overtaken] = []

    def work(ledger: Ledger, mine: list[int]) -> None:
        while mine:
            try:
                own(ledger, mine[:2])
                mine = mine[2:]
            except Overtaken as overtaken:
                missed.append(overtaken)

    all_at_once(lambda n: work(ledgers[n], ids[n::4]), range(4))
    found = rows(ledgers[0], drops)
    assert sorted(row["sequence"] for row in found) == list(range(1, 21))
    assert len({row["key"] for row in found}) == 20
    assert states(ledgers[0]) == ["sealed"] * 40
    assert balanced(ledgers[0])
