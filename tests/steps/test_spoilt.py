"""What becomes of reports whose attachments are gone from the hub's store, or altered there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hub.ledger import store
from hub.ledger.changes import Author, Move
from hub.ledger.queue import move
from hub.ledger.tables import contents, payloads, reports
from hub.words import PayloadKind, State
from sandbox.sample.attachments import mp4
from tests.ledger.making import with_bytes
from tests.steps.house import ESSEX, KENT, House, sent

VIDEO = mp4(b"\x00video" * 20_000)


def _file(house: House) -> Path:
    """Where the attachment lies."""
    with house.ledger.read() as connection:
        uri = connection.scalar(select(contents.c.uri).join(payloads).where(payloads.c.kind == PayloadKind.ATTACHMENT))
    return Path(house.ledger.store.url) / str(uri)


def _lose(file: Path) -> None:
    file.unlink()


def _cut(file: Path) -> None:
    file.write_bytes(VIDEO[:1000])


def _alter(file: Path) -> None:
    file.write_bytes(VIDEO[:-1] + b"?")


@pytest.mark.parametrize(("spoil", "code"), [(_lose, "attachment-lost"), (_cut, "attachment-damaged"), (_alter, "attachment-damaged")])
@pytest.mark.parametrize("force", ["essex", "kent"])
def test_a_report_whose_attachment_is_spoilt_waits_for_a_person_and_the_others_go_on(
    house: House, force: str, spoil: Callable[[Path], None], code: str
) -> None:
    number = {"essex": ESSEX, "kent": KENT}[force]
    house.pick_up(sent(1, number, {"video.mp4": VIDEO}), sent(2, number), sent(3, number))
    house.prepare()
    file = _file(house)
    spoil(file)
    house.deliver(force)
    house.prepare()
    house.deliver(force)
    assert house.states() == [f"quarantined {code}", "delivered", "delivered"]
    assert not any(VIDEO[:500] in body for body in house.far_ends[force].held.values())


def test_records_that_are_spoilt_are_sealed_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "INLINE", 10)
    house.pick_up(sent(1, KENT), sent(2, KENT))
    house.prepare()
    with house.ledger.read() as connection:
        uri = connection.scalar(select(contents.c.uri).join(payloads).where(payloads.c.kind == PayloadKind.RECORDS))
    (Path(house.ledger.store.url) / str(uri)).write_bytes(b"?")
    house.deliver("kent")
    assert (house.states(), house.far_ends["kent"].held) == (["waiting", "waiting"], {})  # no manifest of what is not there
    house.prepare()
    house.deliver("kent")
    assert (house.states(), len(house.far_ends["kent"].held)) == (["delivered", "delivered"], 2)


def test_sealed_records_whose_row_was_altered_or_exchanged_never_leave_and_are_sealed_anew(house: House) -> None:
    house.sealed(1, 2, 3)
    first, second, third = (row for row in with_bytes(house.ledger) if row["kind"] == PayloadKind.RECORDS)
    with house.ledger.write() as connection:
        turned = third["body"][:-1] + bytes([third["body"][-1] ^ 1])
        for mine, body in ((first, second["body"]), (second, first["body"]), (third, turned)):
            connection.execute(update(contents).where(contents.c.payload_id == mine["id"]).values(body=body))
    house.deliver()
    assert (house.states(), house.far_ends["essex"].held) == (["waiting"] * 3, {})
    house.prepare()
    house.deliver()
    assert (house.states(), len(house.far_ends["essex"].held)) == (["delivered"] * 3, 3)


def test_what_was_put_back_into_the_store_leaves_when_it_is_released(house: House) -> None:
    house.sealed(1, files={"video.mp4": VIDEO})
    file = _file(house)
    before = file.read_bytes()
    _alter(file)
    house.deliver()
    assert house.states() == ["quarantined attachment-damaged"]
    file.write_bytes(before)
    with house.ledger.read() as connection:
        report = connection.scalar(select(reports.c.id))
    assert report is not None
    author = Author("release", house.clock.now(), reason="back-up")
    move(house.ledger, author, {"essex": [Move(report, State.QUARANTINED, State.WAITING)]})
    house.prepare()
    house.deliver()
    assert house.states() == ["delivered"]
    assert VIDEO in house.far_ends["essex"].held.values()
