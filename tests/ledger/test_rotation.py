"""Keys are exchanged while workers run: nothing is lost at whatever moment it is broken off, and no old key opens what is there then."""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, update

from adapters.keys import OwnKey
from hub.ledger import discarding
from hub.ledger.arrivals import record
from hub.ledger.cells import cell, of_attachment
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import NO_MASTERS, MasterKeys
from hub.ledger.queue import claim, opened
from hub.ledger.rotation import rotate, standing_keys
from hub.ledger.tables import attachments, bodies, contents, data_keys, discarded, payloads, reports
from hub.settings import PROJECT
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, JPEG, an_arrival, kept, own, rows

CANARY = b"Sian Canary-Example"
OLD, NEW = OwnKey(b"1" * 32), OwnKey(b"2" * 32)
BEFORE, BOTH = MasterKeys.of([OLD]), MasterKeys.of([NEW, OLD])


def arrive(ledger: Ledger, *numbers: int, force: str = "kent") -> None:
    arrivals = [an_arrival(n, body=ledger.store.put(force, b"%s %d" % (CANARY, n)), force=force) for n in numbers]
    record(ledger, arrivals, AT)


def attach(ledger: Ledger, submission: int, body: bytes) -> None:
    stored = ledger.store.put("kent", body)
    about = {"submission_id": submission, "number": 1, "media_type": JPEG, "digest": stored.digest, "size": stored.size}
    with ledger.write() as connection:
        connection.execute(insert(attachments).values(**about, **cell(stored, of_attachment(submission, 1))))


def all_open(ledger: Ledger, count: int) -> None:
    """Each submission has its own bytes."""
    with ledger.read() as connection:
        ids = list(connection.scalars(select(reports.c.id).order_by(reports.c.id)))
    assert [one.body for one in opened(ledger, ids)] == [b"%s %d" % (CANARY, n) for n in range(count)]


def long_ago(ledger: Ledger) -> None:
    """No worker can have the keys that are retired, or the objects that were let go of, in mind any more."""
    before = datetime.now(UTC) - timedelta(hours=2)
    with ledger.write() as connection:
        connection.execute(update(data_keys).where(data_keys.c.retired_at.is_not(None)).values(retired_at=before))
        connection.execute(update(discarded).values(at=before))


def test_a_new_master_key_wraps_every_data_key_and_the_old_one_is_needed_no_more(open_ledger: OpenLedger) -> None:
    arrive(open_ledger(masters=BEFORE), 0, 1, 2)
    sealed = rows(open_ledger(masters=BEFORE), bodies)
    done = rotate(open_ledger(masters=BOTH))
    assert (done.wrapped, done.begun, done.sealed, done.spoilt) == (1, 0, 0, [])
    alone = open_ledger(masters=MasterKeys.of([NEW]))
    all_open(alone, 3)
    assert rows(alone, bodies) == sealed


def test_new_data_keys_seal_everything_and_the_old_ones_are_destroyed_when_nobody_can_use_them(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(masters=MasterKeys.of([OLD], plain_too=True))
    arrive(ledger, *range(450))
    own(ledger, [1, 2])
    attach(ledger, 3, b"a film" * 50_000)
    before = kept(ledger, payloads), kept(ledger, attachments)
    assert {row["data_key"] for row in rows(ledger, contents)} == {None}  # made by hand, in plain text
    done = rotate(open_ledger(masters=MasterKeys.of([NEW, OLD], plain_too=True)), data=True)
    assert (done.wrapped, done.begun, done.sealed, done.destroyed, done.left, done.spoilt) == (1, 1, 450 + 2 + 1, 0, 0, [])
    now = open_ledger(masters=MasterKeys.of([NEW]))
    all_open(now, 450)
    assert (kept(now, payloads), kept(now, attachments)) == before
    assert {row["data_key"] for table in (bodies, contents, attachments) for row in rows(now, table)} == {2}
    long_ago(now)
    assert rotate(now).destroyed == 1
    assert [(one.generation, one.rows) for one in standing_keys(now)[0]] == [(2, 453)]


def test_a_worker_that_goes_on_with_a_retired_key_loses_nothing(open_ledger: OpenLedger) -> None:
    worker = open_ledger(masters=BEFORE)
    arrive(worker, 0)
    rotate(open_ledger(masters=BEFORE), data=True)
    arrive(worker, 1)  # it asks again only after a while
    assert [row["data_key"] for row in rows(worker, bodies)] == [2, 1]
    long_ago(worker)
    done = rotate(open_ledger(masters=BEFORE))
    assert (done.sealed, done.destroyed) == (1, 1)
    worker.vault.forget()
    arrive(worker, 2)
    all_open(worker, 3)


def test_what_lies_there_from_before_is_encrypted_and_its_files_are_deleted(open_ledger: OpenLedger, tmp_path: Path) -> None:
    demo = open_ledger(masters=NO_MASTERS)
    arrive(demo, 0, 1)
    attach(demo, 1, CANARY * 10_000)
    upgrading = open_ledger(masters=MasterKeys.of([NEW], plain_too=True))
    assert standing_keys(upgrading) == ([], 3)
    assert rotate(upgrading).sealed == 3
    assert discarding.delete_discarded(upgrading) == 0  # a worker may just have read where it lies
    long_ago(upgrading)
    assert discarding.delete_discarded(upgrading) == 1
    strict = open_ledger(masters=MasterKeys.of([NEW]))
    all_open(strict, 2)
    assert kept(strict, attachments) == [CANARY * 10_000]
    assert not any(CANARY in path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())


def test_an_object_that_a_row_names_again_is_not_deleted(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(masters=BEFORE)
    arrive(ledger, 0)
    attach(ledger, 1, b"a film" * 50_000)
    with ledger.write() as connection:
        discarding.discard(connection, [rows(ledger, attachments)[0]["uri"]])
    assert discarding.delete_discarded(ledger, timedelta(0)) == 0
    assert kept(ledger, attachments) == [b"a film" * 50_000]


def test_a_row_that_does_not_open_is_named_and_left_and_keeps_its_key(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(masters=BEFORE)
    arrive(ledger, 0, 1)
    with ledger.write() as connection:
        connection.execute(update(bodies).where(bodies.c.submission_id == 1).values(body=b"\x01 not what was sealed, by far"))
    done = rotate(ledger, data=True)
    assert (done.sealed, done.spoilt, done.left) == (1, ["body 1/1"], 0)
    long_ago(ledger)
    assert rotate(ledger).destroyed == 0


_ROTATES = """
import sys
from adapters.keys import OwnKey
from hub.ledger import rotation
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import MasterKeys
rotation._AT_ONCE = 7
ledger = Ledger.open(sys.argv[1], sys.argv[2], masters=MasterKeys.of([OwnKey(c * 32) for c in (b"2", b"1")]))
print(flush=True)
rotation.rotate(ledger, data=True)
"""


def test_a_rotation_that_is_killed_at_any_moment_loses_nothing_while_others_work(
    open_ledger: OpenLedger, ledger_url: str, tmp_path: Path
) -> None:
    worker, rng = open_ledger(masters=BOTH), random.Random(6)
    arrive(worker, *range(200))
    attach(worker, 1, b"a film" * 50_000)
    killed = 0
    for number in range(200, 206):
        command = [sys.executable, "-c", _ROTATES, ledger_url, str(tmp_path / "store")]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0.0, 0.25))
        arrive(worker, number)
        process.kill()
        killed += process.wait() != 0
        all_open(worker, number + 1)
    assert killed
    long_ago(worker)
    done = rotate(open_ledger(masters=BOTH))
    assert (done.left, done.spoilt) == (0, [])
    alone = open_ledger(masters=MasterKeys.of([NEW]))
    all_open(alone, 206)
    assert kept(alone, attachments) == [b"a film" * 50_000]
    assert len([one for one in standing_keys(alone)[0] if one.rows]) == 1
    assert len(claim(alone, 300)) == 206
