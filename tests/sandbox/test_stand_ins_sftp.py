"""The SFTP stand-ins, met with paramiko."""

import os
from collections.abc import Callable

import orjson
import paramiko
import pytest

from hub.words import PayloadKind
from sandbox.holdings import Held, Refusal
from sandbox.stand_ins import StandIns
from sandbox.stands import Stand
from tests.sandbox.conftest import eventually
from tests.sandbox.far_ends import NEIGHBOUR, SOMEBODY, XML_DROPS, Account, identity, manifest, outcomes, xml_drop

Holds = Callable[[Stand], Held]


def acknowledged(account: Account, key: str) -> list[dict[str, object]]:
    name = f"{key}.ack.json"
    assert eventually(lambda: name in account.sftp.listdir("/out/soh"))
    with account.sftp.open(f"/out/soh/{name}") as file:
        return [orjson.loads(line) for line in file.read().splitlines()]


def test_a_drop_is_taken_whole_and_every_report_acknowledged(stand_ins: StandIns, held: Holds) -> None:
    good, bad = (identity(), "SOH-AB12"), (identity(), "SOH-ZZ01")
    with Account(stand_ins, XML_DROPS) as account:
        key = account.send(XML_DROPS, 1, good, bad)
        said = acknowledged(account, key)
    assert [(line["submission_id"], line["outcome"], line.get("reason")) for line in said] == [
        (good[0], "accepted", None),
        (bad[0], "rejected", "not-recordable"),
    ]
    assert str(said[0]["reference"]).startswith("NICHE-")
    assert str(said[0]["at"]).endswith("Z")
    mine = held(XML_DROPS)
    assert outcomes([report for report in mine.reports if report.payload == f"{key}.xml"]) == [(*good, True), (*bad, False)]
    sent = {payload.key: payload for payload in mine.payloads}[f"{key}.xml"]
    assert sent.read() == xml_drop(good, bad)


def test_what_is_held_stays_what_was_taken_when_the_name_is_written_again(stand_ins: StandIns, held: Holds) -> None:
    report = (identity(), "SOH-AB13")
    with Account(stand_ins, XML_DROPS) as account:
        key = account.send(XML_DROPS, 2, report)
        acknowledged(account, key)
        account.put(f"{key}.xml", b"something else")
    payload = {payload.key: payload for payload in held(XML_DROPS).payloads}[f"{key}.xml"]
    assert payload.read() == xml_drop(report)


def test_a_drop_that_comes_again_is_noted_and_not_taken_twice(stand_ins: StandIns, held: Holds) -> None:
    report = (identity(), "SOH-AB14")
    with Account(stand_ins, XML_DROPS) as account:
        key = account.send(XML_DROPS, 3, report)
        acknowledged(account, key)
        account.send(XML_DROPS, 3, report)
    assert eventually(lambda: Refusal(f"{key}.manifest.json", "already-taken") in held(XML_DROPS).refusals)
    assert [held.submission_id for held in held(XML_DROPS).reports].count(report[0]) == 1


@pytest.mark.parametrize(
    ("number", "change", "why"),
    [
        (10, lambda _: None, "payload-missing"),
        (11, lambda body: body.replace(b"OFFICIAL", b"OFFICIAK"), "digest-differs"),
        (12, lambda body: body + b" ", "size-differs"),
    ],
)
def test_a_broken_drop_is_not_taken(
    stand_ins: StandIns, held: Holds, number: int, change: Callable[[bytes], bytes | None], why: str
) -> None:
    body = xml_drop((identity(), "SOH-AB15"))
    key = f"kent.records-system.routine.k7q2.{number:06}"
    with Account(stand_ins, XML_DROPS) as account:
        if (changed := change(body)) is not None:
            account.put(f"{key}.xml", changed)
        account.put(f"{key}.manifest.json", manifest(XML_DROPS, key, {f"{key}.xml": body}, 1))
        assert eventually(lambda: Refusal(f"{key}.manifest.json", why) in held(XML_DROPS).refusals)
        assert f"{key}.ack.json" not in account.sftp.listdir("/out/soh")
    assert f"{key}.manifest.json" in held(XML_DROPS).untaken


@pytest.mark.parametrize(
    ("number", "body", "count", "why"),
    [
        (20, xml_drop((SOMEBODY, "SOH-AB16")), 2, "count-differs"),
        (21, b"<Drop><Occurrence/></Drop>", 1, "report-without-id"),
        (22, b"<Drop>", 0, "not-xml"),
        (23, b"<!DOCTYPE d [<!ENTITY e 'x'>]><Drop>&e;</Drop>", 0, "doctype-refused"),
    ],
)
def test_a_drop_whose_records_are_not_as_announced_is_not_taken(
    stand_ins: StandIns, held: Holds, number: int, body: bytes, count: int, why: str
) -> None:
    key = f"kent.records-system.routine.k7q2.{number:06}"
    with Account(stand_ins, XML_DROPS) as account:
        account.put(f"{key}.xml", body)
        account.put(f"{key}.manifest.json", manifest(XML_DROPS, key, {f"{key}.xml": body}, count))
    assert eventually(lambda: Refusal(f"{key}.manifest.json", why) in held(XML_DROPS).refusals)


@pytest.mark.parametrize(
    ("number", "body", "why"),
    [
        (30, b"{", "manifest-unreadable"),
        (31, b"[]", "manifest-unreadable"),
        (32, manifest(XML_DROPS, "kent.records-system.routine.k7q2.000032", {"../../../../etc/passwd": b"x"}, 0), "manifest-unreadable"),
        (34, manifest(XML_DROPS, "kent.records-system.routine.k7q2.000034", {}, 0, {"../x.1.jpg": b"x"}), "manifest-unreadable"),
        (33, manifest(NEIGHBOUR, "kent.records-system.routine.k7q2.000033", {}, 0), "not-for-us"),
    ],
)
def test_a_hostile_manifest_is_refused(stand_ins: StandIns, held: Holds, number: int, body: bytes, why: str) -> None:
    name = f"kent.records-system.routine.k7q2.{number:06}.manifest.json"
    with Account(stand_ins, XML_DROPS) as account:
        account.put(name, body)
    assert eventually(lambda: Refusal(name, why) in held(XML_DROPS).refusals)


def test_attachments_are_taken_with_their_drop(stand_ins: StandIns, held: Holds) -> None:
    key, submission_id = "kent.records-system.routine.k7q2.000040", identity()
    body, image, name = xml_drop((submission_id, "SOH-AB17")), bytes(range(256)) * 2000, f"{submission_id}.1.jpg"
    with Account(stand_ins, XML_DROPS) as account:
        account.put(name, image)
        account.put(f"{key}.xml", body)
        account.put(f"{key}.manifest.json", manifest(XML_DROPS, key, {f"{key}.xml": body}, 1, {name: image}))
        acknowledged(account, key)
    taken = {payload.key: payload for payload in held(XML_DROPS).payloads}
    assert taken[name].read() == image
    assert taken[name].kind is PayloadKind.ATTACHMENT
    assert taken[f"{key}.manifest.json"].kind is PayloadKind.MANIFEST


def test_an_attachment_that_comes_anew_with_a_later_drop_leaves_the_earlier_one_as_it_was(stand_ins: StandIns, held: Holds) -> None:
    report = (identity(), "SOH-AB17")
    name, body = f"{report[0]}.1.jpg", xml_drop(report)
    with Account(stand_ins, XML_DROPS) as account:
        for number, image in ((41, b"first"), (42, b"second")):
            key = f"kent.records-system.routine.k7q2.{number:06}"
            account.put(name, image)
            account.put(f"{key}.xml", body)
            account.put(f"{key}.manifest.json", manifest(XML_DROPS, key, {f"{key}.xml": body}, 1, {name: image}))
            acknowledged(account, key)
    assert [payload.read() for payload in held(XML_DROPS).payloads if payload.key == name] == [b"first", b"second"]


def test_a_drop_without_its_manifest_is_left_alone(stand_ins: StandIns, held: Holds) -> None:
    with Account(stand_ins, NEIGHBOUR) as account:
        account.put("sussex.records-system.routine.k7q2.000001.xml", xml_drop((identity(), "SOH-AB18")))
        account.sftp.listdir("/in/soh")
    assert held(NEIGHBOUR).reports == ()
    assert held(NEIGHBOUR).untaken == ("sussex.records-system.routine.k7q2.000001.xml",)


def test_an_account_sees_its_own_directory_alone(stand_ins: StandIns) -> None:
    with Account(stand_ins, XML_DROPS) as account:
        account.sftp.chdir("/")
        assert account.sftp.listdir("/") == account.sftp.listdir("/../../..")
        assert set(account.sftp.listdir("/")) == {"in", "out"}
        with pytest.raises(OSError, match="No such file"):
            account.sftp.stat("/../../../sftp/sussex")


def test_a_wrong_password_is_refused(stand_ins: StandIns) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        Account(stand_ins, XML_DROPS, password="not it")


def test_a_plain_rename_onto_a_name_that_exists_fails(stand_ins: StandIns) -> None:
    with Account(stand_ins, NEIGHBOUR) as account:
        for name in ("/in/soh/.a.part", "/in/soh/.b.part"):
            account.sftp.open(name, "w").close()
        with pytest.raises(OSError, match="exists"):
            account.sftp.rename("/in/soh/.a.part", "/in/soh/.b.part")
        account.sftp.remove("/in/soh/.a.part")
        account.sftp.remove("/in/soh/.b.part")


def test_a_name_that_goes_while_it_is_listed_is_left_out(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listed(path), "gone.part"])
    with Account(stand_ins, NEIGHBOUR) as account:
        account.sftp.open("/in/soh/.there.part", "w").close()
        names = account.sftp.listdir("/in/soh")
        account.sftp.remove("/in/soh/.there.part")
    assert ".there.part" in names
    assert "gone.part" not in names
