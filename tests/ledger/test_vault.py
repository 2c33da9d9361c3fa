"""The vault on both databases: keys by force, rows that open nowhere else, and what happens where a key is not at hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from adapters.keys import OwnKey
from hub.contracts import KeysUnavailable
from hub.ledger.arrivals import record
from hub.ledger.cells import cell, of_attachment
from hub.ledger.errors import LedgerRefused, LedgerUnavailable
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import NO_MASTERS, MasterKeys
from hub.ledger.tables import attachments, bodies, data_keys, reports, submissions
from hub.words import UNKNOWN
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, JPEG, all_at_once, an_arrival, rows, taken

CANARY = b"Sian Canary-Example"
FIRST, SECOND = OwnKey(b"1" * 32), OwnKey(b"2" * 32)
STRICT = MasterKeys.of([FIRST])


@pytest.fixture
def strict(open_ledger: OpenLedger) -> Ledger:
    """A ledger in which nothing may lie in plain text."""
    return open_ledger(masters=STRICT)


def arrive(ledger: Ledger, number: int, body: bytes = b"", force: str = "kent") -> None:
    kept = ledger.store.put(force, body or b"%s %d" % (CANARY, number))
    record(ledger, [an_arrival(number, body=kept, force=force)], AT)


def faults(ledger: Ledger) -> list[str | None]:
    """In the order in which they arrived; they are claimed force by force."""
    return [one.fault for one in sorted(taken(ledger, 10), key=lambda one: one.claimed.report_id)]


def test_what_is_kept_comes_back_and_lies_nowhere_in_plain_text(strict: Ledger, tmp_path: Path) -> None:
    arrive(strict, 1)
    arrive(strict, 2, CANARY * 10_000)
    assert [one.body for one in taken(strict, 10)] == [CANARY + b" 1", CANARY * 10_000]
    assert all(CANARY not in row["body"] for row in rows(strict, bodies))
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert [CANARY in path.read_bytes() for path in files] == [False]
    assert rows(strict, submissions)[1]["digest"] not in str(files[0])


def test_each_force_has_a_key_of_its_own_for_each_month(strict: Ledger) -> None:
    for number, force in enumerate(("kent", "essex", UNKNOWN, "kent")):
        arrive(strict, number, force=force)
    found = rows(strict, data_keys)
    assert [(row["force"], row["generation"], row["master"]) for row in found] == [
        ("kent", 1, FIRST.name),
        ("essex", 1, FIRST.name),
        (UNKNOWN, 1, FIRST.name),
    ]
    assert [row["data_key"] for row in rows(strict, bodies)] == [1, 2, 3, 1]
    assert len({row["period"] for row in found}) == 1


def test_workers_that_need_a_new_key_at_once_make_one(open_ledger: OpenLedger) -> None:
    workers = [open_ledger(worker=f"{n}", masters=STRICT) for n in range(4)]
    all_at_once(lambda one: one.vault.current("kent"), workers)
    assert len(rows(workers[0], data_keys)) == 1
    assert len({key.id for one in workers if (key := one.vault.current("kent"))}) == 1


def _exchange_bodies(ledger: Ledger) -> None:
    """All that stands in the two rows, but whose they are."""
    first, second = rows(ledger, bodies)
    with ledger.write() as connection:
        for mine, theirs in ((first, second), (second, first)):
            values = {name: theirs[name] for name in ("body", "uri", "data_key", "clean_by")}
            connection.execute(update(bodies).where(bodies.c.submission_id == mine["submission_id"]).values(**values))


def _turn_a_bit(ledger: Ledger) -> None:
    _overwrite(ledger, lambda box: box[:40] + bytes([box[40] ^ 1]) + box[41:])


def _put_plain(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(update(bodies).where(bodies.c.submission_id == 1).values(body=b'{"forged": true}', data_key=None))


def _call_clean(ledger: Ledger) -> None:
    """The word that the reader found nothing amiss, beside bytes of which it never said so."""
    with ledger.write() as connection:
        connection.execute(update(bodies).where(bodies.c.submission_id == 1).values(clean_by="0123456789abcdef"))


def _under_another_force(ledger: Ledger) -> None:
    arrive(ledger, 3, force="essex")
    with ledger.write() as connection:
        connection.execute(update(bodies).where(bodies.c.submission_id == 1).values(data_key=2))


def _overwrite(ledger: Ledger, spoil: Callable[[bytes], bytes]) -> None:
    (row, *_) = rows(ledger, bodies)
    with ledger.write() as connection:
        connection.execute(update(bodies).where(bodies.c.submission_id == 1).values(body=spoil(row["body"])))


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (_turn_a_bit, ["body-damaged", None]),
        (_put_plain, ["body-damaged", None]),
        (_exchange_bodies, ["body-damaged", "body-damaged"]),
        (_call_clean, ["body-damaged", None]),
        (_under_another_force, ["body-damaged", None, None]),
    ],
    ids=["a bit", "plain text", "two rows exchanged", "called clean", "another force's key"],
)
def test_a_row_that_was_tampered_with_holds_up_its_report_alone(
    strict: Ledger, tamper: Callable[[Ledger], None], expected: list[str | None]
) -> None:
    arrive(strict, 1)
    arrive(strict, 2)
    tamper(strict)
    assert faults(strict) == expected


def test_an_attachment_in_another_submissions_row_is_not_taken_for_its_own(strict: Ledger) -> None:
    for number in (1, 2):
        arrive(strict, number)
        kept = strict.store.put("kent", b"%d" % number * 100_000)
        row = {"submission_id": number, "number": 1, "media_type": JPEG, "digest": kept.digest, "size": kept.size}
        with strict.write() as connection:
            connection.execute(insert(attachments).values(**row, **cell(kept, of_attachment(number, 1))))
    assert faults(strict) == [None, None]
    first, second = rows(strict, attachments)
    with strict.write() as connection:
        connection.execute(update(reports).values(worker=None, lease_until=None))
        for mine, theirs in ((first, second), (second, first)):
            values = {name: theirs[name] for name in ("digest", "size", "body", "uri", "data_key")}
            connection.execute(update(attachments).where(attachments.c.id == mine["id"]).values(**values))
    assert faults(strict) == ["attachment-damaged", "attachment-damaged"]


def test_without_its_master_key_nothing_begins_and_nothing_is_lost(strict: Ledger, open_ledger: OpenLedger) -> None:
    arrive(strict, 1)
    for masters, told in ((NO_MASTERS, "it is encrypted, with the master key"), (MasterKeys.of([SECOND]), "which HUB_KEYS does not name")):
        with pytest.raises(LedgerUnavailable, match=told) as error:
            open_ledger(masters=masters)
        assert FIRST.name in str(error.value)
    assert [one.body for one in taken(open_ledger(masters=MasterKeys.of([SECOND, FIRST])), 1)] == [CANARY + b" 1"]


def test_a_ledger_from_before_is_opened_only_by_someone_who_knows_that_it_is_not_encrypted(open_ledger: OpenLedger) -> None:
    arrive(open_ledger(masters=NO_MASTERS), 1)
    with pytest.raises(LedgerUnavailable, match=r"some of what it holds is not encrypted.*soh-hub keys rotate"):
        open_ledger(masters=STRICT)
    upgrading = open_ledger(masters=MasterKeys.of([FIRST], plain_too=True))
    arrive(upgrading, 2)
    assert [one.body for one in taken(upgrading, 10)] == [CANARY + b" 1", CANARY + b" 2"]
    assert [row["data_key"] for row in rows(upgrading, bodies)] == [None, 1]


def test_a_master_key_that_cannot_be_asked_stops_the_work_and_loses_nothing(open_ledger: OpenLedger) -> None:
    class Gone(OwnKey):
        def unwrap(self, wrapped: bytes, context: bytes) -> bytes:  # noqa: ARG002 - the contract's
            raise KeysUnavailable("connection refused")

    arrive(open_ledger(masters=STRICT), 1)
    worker = open_ledger(masters=MasterKeys.of([Gone(b"1" * 32)]))
    with pytest.raises(LedgerUnavailable, match=r"cannot be used \(connection refused\)"):
        taken(worker, 1)


def test_a_data_key_that_was_altered_is_named(strict: Ledger, open_ledger: OpenLedger) -> None:
    arrive(strict, 1)
    with strict.write() as connection:
        connection.execute(update(data_keys).values(force="essex"))
    with pytest.raises(LedgerUnavailable, match=r"the data key of essex for .* is not the one that the master key"):
        taken(open_ledger(masters=STRICT), 1)


def test_the_database_lets_no_row_be_sealed_with_a_key_that_is_gone(strict: Ledger) -> None:
    arrive(strict, 1)
    with pytest.raises(LedgerRefused), strict.write() as connection:
        connection.execute(delete(data_keys))
    kept = strict.store.put("kent", CANARY)
    with strict.write() as connection:
        connection.execute(delete(bodies))
        connection.execute(delete(data_keys))
    with pytest.raises(LedgerRefused):
        record(strict, [an_arrival(2, body=kept)], AT)
