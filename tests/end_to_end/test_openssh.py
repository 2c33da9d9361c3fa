"""Drops to a real OpenSSH server, and the answers of a records system that reads them there."""

import hashlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.trace import trace
from hub.words import State
from sandbox.sample.attachments import jpeg
from tests.end_to_end.carrying import carry, confirm_all, deliver_all, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import Wire, announce, crime, put
from tests.servers.openssh import OpenSSH

KENT = "46"
PHOTO = jpeg(b"\xff\xd8\xff\xe0 a made-up photograph " * 5000)
_names = itertools.count(1)


@dataclass(frozen=True)
class FarEnd:
    """Kent's records system, as a folder on a real server, with the hub that delivers to it and the reports that it sent."""

    hub: Hub
    arriving: Path
    answering: Path
    sent: list[Wire]

    def lying(self) -> dict[str, tuple[int, int]]:
        """Every file there, with its inode and when it last changed."""
        return {path.name: (path.stat().st_ino, path.stat().st_ctime_ns) for path in self.arriving.iterdir()}

    def manifest(self) -> tuple[Path, Any]:
        [path] = self.arriving.glob("*.manifest.json")
        return path, orjson.loads(path.read_bytes())

    def answer(self, name: str, *lines: dict[str, object]) -> None:
        """Writes acknowledgements as a records system would: under another name, renamed when whole."""
        part = self.answering / f".{name}.part"
        part.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        part.rename(self.answering / name)


@pytest.fixture
def kent(hub_of: OpenHub, openssh: OpenSSH, tmp_path: Path) -> FarEnd:
    """Three reports, one with a photograph, delivered to Kent's own force file with its endpoint laid over."""
    arriving, answering = openssh.drop(f"kent-{next(_names)}")
    transport = openssh.settings(arriving, acknowledgements=str(answering))
    endpoints = tmp_path / "endpoints.yaml"
    endpoints.write_text(yaml.safe_dump({"kent": {"records-system": {"endpoint": {"environment": "test"}, "transport": transport}}}))
    hub = hub_of(endpoints=endpoints)
    sent = [crime(KENT), crime(KENT), crime(KENT, attachments=[announce(PHOTO, "llun o'r tŷ.jpg")])]
    for number, wire in enumerate(sent):
        put(tmp_path / "intake", f"{number}.json", wire, {"llun o'r tŷ.jpg": PHOTO} if wire.get("attachments") else None)
    done = carry(hub, tmp_path / "intake", patience=0)
    assert done.delivered["kent", "records-system"].stopped is None
    return FarEnd(hub, arriving, answering, sent)


def test_a_drop_arrives_whole_with_its_manifest_last(kent: FarEnd) -> None:
    path, manifest = kent.manifest()
    pieces = [*manifest["attachments"], *manifest["payloads"]]
    assert {path.name, *(piece["name"] for piece in pieces)} == set(kent.lying())
    assert manifest["reports"] == 3
    assert [(p["name"], p["bytes"], p["sha256"]) for p in pieces] == [
        (p["name"], len(body), hashlib.sha256(body).hexdigest()) for p in pieces for body in [(kent.arriving / p["name"]).read_bytes()]
    ]
    changed = {name: at for name, (_, at) in kent.lying().items()}
    assert max(changed, key=lambda name: changed[name]) == path.name
    assert set(outcomes(kent.hub.ledger).values()) == {("delivered", None)}


def test_an_attachment_arrives_under_a_name_of_the_hubs_own(kent: FarEnd) -> None:
    name = f"{kent.sent[2]['submissionId']}.1.jpg"
    assert (kent.arriving / name).read_bytes() == PHOTO
    assert [piece["name"] for piece in kent.manifest()[1]["attachments"]] == [name]


def test_acknowledgement_files_are_taken_in_and_deleted(kent: FarEnd) -> None:
    first, second, third = (wire["submissionId"] for wire in kent.sent)
    at = "2026-11-22T06:05:00Z"
    kent.answer(
        "monday.ack.json",
        {"submission_id": first, "outcome": "accepted", "reference": "ATHENA-2026-000001", "at": at},
        {"submission_id": second, "outcome": "rejected", "reason": "not-our-area", "at": at},
    )
    kent.answer("tuesday.ack.json", {"submission_id": "00000000-0000-4000-8000-000000000000", "outcome": "accepted", "reference": "X"})
    told = confirm_all(kent.hub, patience=0)["kent", "records-system"]
    assert (told.accepted, told.rejected, told.unmatched, told.stopped) == (1, 1, 1, None)
    assert outcomes(kent.hub.ledger) == {"0.json": ("accepted", None), "1.json": ("quarantined", "rejected"), "2.json": ("delivered", None)}
    assert trace(kent.hub.ledger, first)[0].acknowledgements == ("records-system: accepted as ATHENA-2026-000001",)
    assert trace(kent.hub.ledger, second)[0].steps[-1].where == "not-our-area"
    assert os.listdir(kent.answering) == []
    kent.answer("again.ack.json", {"submission_id": first, "outcome": "rejected", "reason": "changed-our-mind", "at": at})
    assert confirm_all(kent.hub, patience=0)["kent", "records-system"].repeated == 1
    kent.answer("last.ack.json", {"submission_id": third, "outcome": "accepted", "reference": "ATHENA-2026-000002", "at": at})
    confirm_all(kent.hub)
    assert account(kent.hub.ledger).totals() == {State.ACCEPTED: 2, State.QUARANTINED: 1}
    assert account(kent.hub.ledger).balanced


def test_a_second_run_sends_nothing_again(kent: FarEnd, hub_of: OpenHub, tmp_path: Path) -> None:
    before = kent.lying()
    assert deliver_all(kent.hub) == {}
    another = hub_of(endpoints=tmp_path / "endpoints.yaml")
    assert carry(another, tmp_path / "intake", patience=0).delivered == {}
    assert kent.lying() == before


def test_the_next_reports_leave_in_a_drop_with_the_next_number(kent: FarEnd, tmp_path: Path) -> None:
    before = kent.lying()
    put(tmp_path / "intake", "next.json", crime(KENT))
    carry(kent.hub, tmp_path / "intake", patience=0)
    lying = kent.lying()
    assert {name: lying[name] for name in before} == before
    [manifest] = [orjson.loads(path.read_bytes()) for path in kent.arriving.glob("*000002.manifest.json")]
    assert (manifest["sequence"], manifest["reports"], manifest["voided"]) == (2, 1, [])
