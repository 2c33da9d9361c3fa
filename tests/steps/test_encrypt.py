"""A route that asks for encryption: its payloads are encrypted once, and every try sends the same bytes."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from pysequoia import Tsk, decrypt

from adapters.openpgp import OpenPgp
from hub.contracts import Encryption, Unavailable
from hub.forces.force import Recipient
from hub.forces.registry import Route
from tests.ledger.making import submission_id
from tests.steps.house import AT, ESSEX, KENT, House, sent

FILE = b"a made-up letter"


@dataclass(frozen=True)
class Kents:
    """Kent's key, and what is encrypted to it: nothing of any other force."""

    key: Tsk
    encryption: Encryption

    def of(self, route: Route) -> Encryption | None:
        return self.encryption if route.force == "kent" else None

    def opened(self, body: bytes) -> bytes:
        return bytes(decrypt(body, self.key.decryptor()).bytes or b"")


@pytest.fixture
def kents(tmp_path: Path) -> Kents:
    key, path = Tsk.generate(user_id="kent@example.org"), tmp_path / "kent.asc"
    path.write_bytes(bytes(key.extract_certificate()))
    return Kents(key, OpenPgp(Recipient(path), AT))


def test_records_and_attachments_arrive_encrypted_and_a_second_try_sends_the_same_bytes(house: House, kents: Kents) -> None:
    house.pick_up(sent(1, KENT, {"a.txt": FILE}), sent(2, KENT))
    house.prepare(encryption_of=kents.of)
    kent = house.far_ends["kent"]
    kent.faults = [Unavailable("timeout")]
    house.deliver("kent")
    house.deliver("kent")
    assert house.states() == ["delivered", "delivered"]
    file, records, manifest = kent.held.values()
    assert (kents.opened(file), kents.opened(records)) == (FILE, f"{submission_id(1)}\n{submission_id(2)}\n".encode())
    said = orjson.loads(manifest)
    pieces = [*said["attachments"], *said["payloads"]]
    assert [piece["name"].endswith(".pgp") for piece in pieces] == [True, True]
    assert [piece["sha256"] for piece in pieces] == [hashlib.sha256(body).hexdigest() for body in (file, records)]
    assert max(kent.sends().values()) > 1


def test_a_route_that_does_not_ask_for_it_is_sent_plain(house: House, kents: Kents) -> None:
    house.pick_up(sent(1, ESSEX, {"a.txt": FILE}))
    house.prepare(encryption_of=kents.of)
    house.deliver("essex")
    assert FILE in house.far_ends["essex"].held.values()


def test_a_report_whose_attachment_is_gone_when_it_is_encrypted_waits_for_a_person_and_the_others_go_on(
    house: House, kents: Kents, tmp_path: Path
) -> None:
    house.pick_up(sent(1, KENT, {"a.txt": FILE}), sent(2, KENT))
    for path in (tmp_path / "store" / "kent").rglob("*"):
        if path.is_file():
            path.unlink()
    house.prepare(encryption_of=kents.of)
    assert house.states() == ["quarantined attachment-lost", "sealed"]
