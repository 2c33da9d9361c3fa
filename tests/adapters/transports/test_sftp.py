"""The SFTP transport where servers are not as one would wish."""

import io
import json
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from adapters.transports.sftp.acknowledging import is_one
from adapters.transports.sftp.session import Session
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Absent, CannotTell, DeliveryError, Differs, Found, Misconfigured, Payload, Unavailable, Uncertain
from tests.conformance.payloads import payload
from tests.servers.awkward import Awkward
from tests.servers.openssh import OpenSSH, make_key

BRISK = {"connect": 2, "answer": 0.5, "transfer": 2}
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def drop(openssh: OpenSSH, tmp_path: Path) -> tuple[Path, Path]:
    return openssh.drop(f"sftp-{tmp_path.name}")


@pytest.fixture
def arriving(drop: tuple[Path, Path]) -> Path:
    return drop[0]


@pytest.fixture
def answering(drop: tuple[Path, Path]) -> Path:
    return drop[1]


@pytest.fixture
def transport(openssh: OpenSSH, drop: tuple[Path, Path]) -> Iterator[SftpTransport]:
    transport = SftpTransport(openssh.settings(drop[0], acknowledgements=str(drop[1])))
    yield transport
    transport.close()


@contextmanager
def awkward(tmp_path: Path, habit: str, **others: object) -> Iterator[tuple[Awkward, SftpTransport]]:
    """A transport to a server with a habit."""
    with Awkward.start(tmp_path, habit) as server:
        transport = SftpTransport(server.settings(timeouts=BRISK, **others))
        yield server, transport
        transport.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- sending


def test_a_payload_has_its_final_name_only_when_it_is_whole(transport: SftpTransport, arriving: Path) -> None:
    seen: list[list[str]] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append(names(arriving))
            return super().read(size)

    body = b"x" * 200_000
    sent = payload(body)
    transport.send(replace(sent, open=lambda: Watched(body)))
    while_it_was_written = {name for listing in seen[1:] for name in listing}
    assert len(while_it_was_written) == 1
    assert while_it_was_written.pop().startswith(f".{sent.name}.")
    assert names(arriving) == [sent.name]


def test_the_receipt_says_how_we_know(transport: SftpTransport) -> None:
    sent = payload(b"report")
    assert transport.send(sent).detail == "renamed"
    assert transport.send(sent).detail == "found"


def test_one_session_serves_a_whole_pass(transport: SftpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    really = Session.open

    def counted(session: Session, *login: Any) -> None:
        opened.append(session)
        really(session, *login)

    monkeypatch.setattr(Session, "open", counted)
    for number in range(20):
        transport.send(payload(f"report {number}".encode()))
    assert len(opened) == 1


def test_a_name_that_is_taken_by_other_bytes_stops_the_route_and_stays_as_it_is(transport: SftpTransport, arriving: Path) -> None:
    sent = payload(b"report")
    (arriving / sent.name).write_bytes(b"REPORT")
    with pytest.raises(Misconfigured) as caught:
        transport.send(sent)
    assert caught.value.code == "name-taken"
    assert (arriving / sent.name).read_bytes() == b"REPORT"
    assert names(arriving) == [sent.name]


def test_a_temporary_file_that_an_earlier_try_left_is_removed(transport: SftpTransport, arriving: Path) -> None:
    sent, other = payload(b"report"), payload(b"other")
    (arriving / f".{sent.name}.0badcafe.part").write_bytes(b"rep")
    (arriving / f".{other.name}.0badcafe.part").write_bytes(b"oth")
    transport.send(sent)
    assert names(arriving) == [f".{other.name}.0badcafe.part", sent.name]


def test_a_directory_that_cannot_be_listed_is_no_hindrance(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path, deny=("opendir", "readdir")) as server:
        arriving, _ = server.drop("blind")
        transport = SftpTransport(server.settings(arriving))
        sent = payload(b"report")
        (arriving / f".{sent.name}.0badcafe.part").write_bytes(b"rep")
        assert transport.send(sent).detail == "renamed"
        assert isinstance(transport.find(sent), Found)
        transport.close()
        assert (arriving / sent.name).read_bytes() == b"report"


def test_a_server_that_does_not_let_us_look_still_takes_payloads_and_replaces_none(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path, deny=("stat", "lstat", "fstat")) as server:
        arriving, _ = server.drop("secretive")
        transport = SftpTransport(server.settings(arriving))
        sent = payload(b"report" * 10_000)
        assert transport.send(sent).detail == "renamed"
        assert isinstance(transport.find(sent), CannotTell)
        (arriving / sent.name).write_bytes(b"another's")
        with pytest.raises(DeliveryError):
            transport.send(sent)
        transport.close()
        assert (arriving / sent.name).read_bytes() == b"another's"


def test_bytes_that_are_not_the_sealed_ones_do_not_leave(transport: SftpTransport, arriving: Path) -> None:
    sent = replace(payload(b"report"), open=lambda: io.BytesIO(b"rEport"))
    with pytest.raises(Misconfigured) as caught:
        transport.send(sent)
    assert caught.value.code == "payload-altered"
    assert names(arriving) == []


def test_a_payload_that_the_hub_cannot_read_is_not_the_far_ends_fault(transport: SftpTransport, arriving: Path) -> None:
    def gone() -> BinaryIO:
        raise FileNotFoundError("store/0f8f")

    with pytest.raises(Unavailable) as caught:
        transport.send(replace(payload(b"report"), open=gone))
    assert caught.value.code == "payload-unreadable"
    assert names(arriving) == []


@pytest.mark.parametrize("name", ["../up.csv", "a/b.csv", ".hidden", "nul\0.csv"])
def test_a_name_is_never_a_path(transport: SftpTransport, name: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        transport.send(payload(b"report", name=name))
    assert caught.value.code == "bad-name"


def test_a_large_payload_is_streamed_and_not_held_in_memory(transport: SftpTransport, arriving: Path) -> None:
    largest = 0

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal largest
            largest = max(largest, size or -1)
            assert size is not None
            assert size > 0
            return super().read(size)

    body = os.urandom(1_000_000)
    sent = payload(body)
    transport.send(replace(sent, open=lambda: Counted(body)))
    assert largest <= 32_768
    assert (arriving / sent.name).read_bytes() == body


# --- errors by what to do next


@pytest.mark.parametrize(
    ("habit", "expected", "code"),
    [
        ("disk-full", Unavailable, "far-end-failure"),
        ("forgets-bytes", Unavailable, "cut-short"),
        ("stalls", Unavailable, "timeout"),
        ("hangs-up-while-writing", Unavailable, "connection-lost"),
        ("never-renames", Unavailable, "far-end-failure"),
        ("hangs-up-after-rename", Uncertain, "connection-lost"),
        ("renames-but-says-no", Uncertain, "rename-unclear"),
        ("refuses-password", Misconfigured, "authentication-refused"),
        ("stalls-at-the-door", Unavailable, "timeout"),
    ],
)
def test_each_habit_raises_its_own_error(tmp_path: Path, habit: str, expected: type[Exception], code: str) -> None:
    sent = payload(os.urandom(100_000))
    with awkward(tmp_path, habit) as (server, transport):
        with pytest.raises((DeliveryError, Misconfigured)) as caught:
            transport.send(sent)
        assert isinstance(caught.value, DeliveryError | Misconfigured)
        assert (type(caught.value), caught.value.code) == (expected, code)
        assert "must not travel" not in str(caught.value)
        server.habit = None
        assert type(transport.find(sent)) is (Found if expected is Uncertain else Absent)
        transport.send(sent)
        assert names(server.home / "in") == [sent.name]


def test_a_server_that_knows_no_posix_rename_gets_the_plain_one(tmp_path: Path) -> None:
    with awkward(tmp_path, "plain-rename-only") as (server, transport):
        sent = payload(b"report")
        assert transport.send(sent).detail == "renamed"
        assert names(server.home / "in") == [sent.name]


def test_a_force_that_takes_files_away_cannot_be_asked(tmp_path: Path) -> None:
    with awkward(tmp_path, "collects", collects=True) as (server, transport):
        sent = payload(b"report")
        assert transport.send(sent).detail == "renamed"
        assert isinstance(transport.find(sent), CannotTell)
        assert server.collected == [b"report"]
        assert names(server.home / "in") == []


def test_another_host_key_is_refused_before_anything_is_said(openssh: OpenSSH, arriving: Path, tmp_path: Path) -> None:
    for kind in ("ed25519", "ecdsa", "rsa"):
        make_key(tmp_path / kind, kind)
        other = " ".join((tmp_path / f"{kind}.pub").read_text().split()[:2])
        transport = SftpTransport(openssh.settings(arriving, host_key=other))
        with pytest.raises(Misconfigured) as caught:
            transport.send(payload(b"report"))
        assert caught.value.code in ("host-key-differs", "no-common-algorithm")
        assert names(arriving) == []


def test_a_key_that_the_server_does_not_know_is_refused(openssh: OpenSSH, arriving: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    username = json.loads((openssh.folder / "login.json").read_text())["username"]
    (tmp_path / "login.json").write_text(json.dumps({"username": username, "private_key": "stranger"}))
    with pytest.raises(Misconfigured) as caught:
        SftpTransport(openssh.settings(arriving, credentials=f"file:{tmp_path}/login.json")).send(payload(b"report"))
    assert caught.value.code == "authentication-refused"


@pytest.mark.parametrize("passphrase", [None, "wrong"])
def test_a_private_key_that_cannot_be_opened_is_named_by_its_reference(
    openssh: OpenSSH, arriving: Path, tmp_path: Path, passphrase: str | None
) -> None:
    make_key(tmp_path / "locked", passphrase="canary-5ecret")
    (tmp_path / "login.json").write_text(json.dumps({"username": "hub", "private_key": "locked", "passphrase": passphrase}))
    with pytest.raises(Misconfigured) as caught:
        SftpTransport(openssh.settings(arriving, credentials=f"file:{tmp_path}/login.json")).send(payload(b"report"))
    assert caught.value.code == "bad-credentials"
    assert f"file:{tmp_path}/login.json" in str(caught.value)


def test_an_encrypted_private_key_is_opened_with_its_passphrase(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path) as server:
        make_key(tmp_path / "locked", passphrase="canary-5ecret")
        (tmp_path / "authorized").write_text((tmp_path / "locked.pub").read_text())
        login = json.loads((tmp_path / "login.json").read_text())
        (tmp_path / "login.json").write_text(json.dumps({**login, "private_key": "locked", "passphrase": "canary-5ecret"}))
        arriving, _ = server.drop("locked")
        transport = SftpTransport(server.settings(arriving))
        assert transport.send(payload(b"report")).detail == "renamed"
        transport.close()


def test_a_directory_that_is_not_there_is_a_matter_of_settings(openssh: OpenSSH, arriving: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        SftpTransport(openssh.settings(arriving / "nowhere")).send(payload(b"report"))
    assert caught.value.code == "no-such-directory"


def test_a_server_that_never_says_hello_is_not_waited_for(openssh: OpenSSH, arriving: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = openssh.settings(arriving, port=silent.getsockname()[1], timeouts=BRISK)
        with pytest.raises(Unavailable):
            SftpTransport(settings).send(payload(b"report"))


def test_a_server_of_another_kind_is_unavailable(openssh: OpenSSH, arriving: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=_answer_http, args=(other,), daemon=True).start()
        settings = openssh.settings(arriving, port=other.getsockname()[1], timeouts=BRISK)
        with pytest.raises(Unavailable):
            SftpTransport(settings).send(payload(b"report"))


def _answer_http(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_a_server_that_freezes_is_given_up_and_the_next_call_opens_another_session(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path) as server:
        arriving, _ = server.drop("frozen")
        transport = SftpTransport(server.settings(arriving, timeouts=BRISK))
        transport.send(payload(b"first"))
        frozen = _sessions(server.pid)
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        sent = payload(b"second")
        with pytest.raises(Unavailable) as caught:
            transport.send(sent)
        assert caught.value.code == "timeout"
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        assert transport.send(sent).detail == "renamed"
        transport.close()


def test_a_session_that_the_server_ended_is_replaced_without_a_word(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path) as server:
        arriving, _ = server.drop("ended")
        transport = SftpTransport(server.settings(arriving, timeouts=BRISK))
        transport.send(payload(b"first"))
        for pid in _sessions(server.pid):
            os.kill(pid, signal.SIGKILL)
        sent = payload(b"second")
        try:
            transport.send(sent)
        except Unavailable:  # it was noticed only while in use
            transport.send(sent)
        transport.close()
        assert (arriving / sent.name).read_bytes() == b"second"


def _sessions(server: int) -> list[int]:
    """The processes that a server started for its connections, and theirs."""
    children = [int(pid) for task in Path(f"/proc/{server}/task").iterdir() for pid in (task / "children").read_text().split()]
    return [pid for child in children for pid in (child, *_sessions(child))]


# --- looking


@pytest.mark.parametrize("read_back", [0, 1_000_000])
def test_a_file_of_the_same_size_is_compared_by_its_digest_up_to_a_limit(openssh: OpenSSH, arriving: Path, read_back: int) -> None:
    sent = payload(b"report")
    (arriving / sent.name).write_bytes(b"REPORT")
    transport = SftpTransport(openssh.settings(arriving, read_back=read_back))
    assert type(transport.find(sent)) is (Differs if read_back else Found)
    transport.close()


def test_a_file_that_may_not_be_read_back_cannot_be_told(tmp_path: Path) -> None:
    with OpenSSH.start(tmp_path, deny=("read",)) as server:
        arriving, _ = server.drop("write-only")
        transport = SftpTransport(server.settings(arriving))
        sent = payload(b"report")
        transport.send(sent)
        assert isinstance(transport.find(sent), CannotTell)
        transport.close()


def test_a_size_that_no_ledger_could_write_down_is_none(tmp_path: Path) -> None:
    with awkward(tmp_path, "boundless-sizes") as (server, transport):
        (server.home / "in" / "a.csv").write_bytes(b"report")
        listing = transport.listing()
        assert not isinstance(listing, CannotTell)
        assert [(file.name, file.size) for file in listing] == [("a.csv", None)]


# --- acknowledgements


def line(number: int = 0) -> str:
    return json.dumps({"submission_id": f"{ID[:-1]}{number}", "outcome": "accepted", "reference": f"R-{number}"}) + "\n"


def test_only_whole_acknowledgement_files_are_read_oldest_first(transport: SftpTransport, answering: Path) -> None:
    (answering / "b.ack.json").write_text(line(1))
    os.utime(answering / "b.ack.json", (1, 1))
    (answering / "a.ack.json").write_text(line(2) + "\n" + line(3).replace("\n", "\r\n"))
    for other in (".c.ack.json", "d.ack.json.part", "e.json", "f.ack.json.bad"):
        (answering / other).write_text(line(9))
    (answering / "folder.ack.json").mkdir()
    (answering / "link.ack.json").symlink_to(answering / "e.json")
    said = list(transport.acknowledgements(None))
    assert [(one.their_reference, one.batch) for one in said] == [("R-1", "b.ack.json"), ("R-2", "a.ack.json"), ("R-3", "a.ack.json")]
    assert not transport.faults


def test_a_settled_file_is_deleted(transport: SftpTransport, answering: Path) -> None:
    (answering / "a.ack.json").write_text(line())
    list(transport.acknowledgements(None))
    transport.settle("a.ack.json")
    transport.settle("a.ack.json")
    assert names(answering) == []


@pytest.mark.parametrize("damage", ["", "accepted!\n"])
def test_a_file_that_was_written_anew_since_it_was_read_is_left_to_be_read_again(
    transport: SftpTransport, answering: Path, damage: str
) -> None:
    (answering / "a.ack.json").write_text(line(1) + damage)
    assert [one.their_reference for one in transport.acknowledgements(None)] == ["R-1"]
    (answering / "a.ack.json").write_text(line(1) + line(2))
    transport.settle("a.ack.json")
    assert [one.their_reference for one in transport.acknowledgements(None)] == ["R-1", "R-2"]
    transport.settle("a.ack.json")
    assert names(answering) == []


def test_a_file_with_a_line_that_cannot_be_read_is_put_aside_once_the_rest_is_settled(transport: SftpTransport, answering: Path) -> None:
    (answering / "a.ack.json").write_text(line(1) + "accepted!\n" + line(2))
    assert [one.their_reference for one in transport.acknowledgements(None)] == ["R-1", "R-2"]
    assert [(fault.batch, fault.line, fault.code) for fault in transport.faults] == [("a.ack.json", 2, "not-json")]
    assert names(answering) == ["a.ack.json"]
    transport.settle("a.ack.json")
    assert names(answering) == ["a.ack.json.bad"]


def test_a_file_of_which_nothing_can_be_read_is_put_aside_at_once(transport: SftpTransport, answering: Path) -> None:
    (answering / "a.ack.json").write_bytes(b"\xff\xfe\n" * 3_000)
    (answering / "b.ack.json").write_bytes(b"x" * 16_000_001)
    (answering / "c.ack.json").write_text(line())
    assert [one.batch for one in transport.acknowledgements(None)] == ["c.ack.json"]
    assert names(answering) == ["a.ack.json.bad", "b.ack.json.bad", "c.ack.json"]
    assert {(fault.batch, fault.code) for fault in transport.faults} == {("a.ack.json", "not-json"), ("b.ack.json", "file-too-large")}
    assert transport.unreadable == 1_001  # more of one file are not kept


@pytest.mark.parametrize("habit", ["refuses-to-open", "refuses-to-read"])
def test_a_file_that_the_server_does_not_open_stays_and_keeps_no_later_one_from_being_read(tmp_path: Path, habit: str) -> None:
    with awkward(tmp_path, habit) as (server, transport):
        (server.home / "out" / "closed.ack.json").write_text(line(1))
        os.utime(server.home / "out" / "closed.ack.json", (1, 1))
        (server.home / "out" / "later.ack.json").write_text(line(2))
        for _ in range(2):
            assert [one.their_reference for one in transport.acknowledgements(None)] == ["R-2"]
        assert [(fault.batch, fault.line, fault.code) for fault in transport.faults] == [("closed.ack.json", 0, "file-refused")]
        transport.settle("later.ack.json")
        assert (names(server.home / "out"), transport.unreadable) == (["closed.ack.json"], 1)


def test_a_connection_that_is_lost_ends_the_reading(tmp_path: Path) -> None:
    with awkward(tmp_path, "hangs-up-at-open") as (server, transport):
        (server.home / "out" / "closed.ack.json").write_text(line(1))
        with pytest.raises(Unavailable):
            list(transport.acknowledgements(None))
        assert (transport.unreadable, names(server.home / "out")) == (0, ["closed.ack.json"])


def test_a_file_that_may_not_be_put_aside_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    with awkward(tmp_path, "never-renames") as (server, transport):
        (server.home / "out" / "a.ack.json").write_text("accepted!\n")
        os.utime(server.home / "out" / "a.ack.json", (1, 1))
        (server.home / "out" / "b.ack.json").write_text(line())
        assert [one.batch for one in transport.acknowledgements(None)] == ["b.ack.json"]
        assert (names(server.home / "out"), transport.unreadable) == (["a.ack.json", "b.ack.json"], 1)


def test_a_file_is_put_aside_beside_an_earlier_one_that_a_plain_rename_does_not_replace(tmp_path: Path) -> None:
    with awkward(tmp_path, "plain-rename-only") as (server, transport):
        (server.home / "out" / "a.ack.json.bad").write_text("of yesterday")
        (server.home / "out" / "a.ack.json").write_text("accepted!\n")
        assert list(transport.acknowledgements(None)) == []
        earlier, later = sorted(names(server.home / "out"), key=len)
        assert (earlier, (server.home / "out" / earlier).read_text()) == ("a.ack.json.bad", "of yesterday")
        assert (is_one(later), (server.home / "out" / later).read_text()) == (True, "accepted!\n")
        assert (list(transport.acknowledgements(None)), transport.unreadable) == ([], 1)


def test_a_file_that_is_still_being_written_is_left_for_the_next_time(transport: SftpTransport, answering: Path) -> None:
    (answering / "a.ack.json").write_text(line(1) + line(2)[:40])
    assert list(transport.acknowledgements(None)) == []
    assert ([fault.code for fault in transport.faults], transport.unreadable) == (["unfinished"], 0)
    (answering / "a.ack.json").write_text(line(1) + line(2).rstrip("\n"))
    assert [one.their_reference for one in transport.acknowledgements(None)] == ["R-1", "R-2"]


def test_a_force_without_an_acknowledgement_folder_says_nothing(openssh: OpenSSH, arriving: Path) -> None:
    transport = SftpTransport(openssh.settings(arriving))
    assert list(transport.acknowledgements(None)) == []
    transport.settle("a.ack.json")
    transport.close()


def test_names_that_are_no_text_are_told_and_hinder_no_delivery(tmp_path: Path) -> None:
    with awkward(tmp_path, "garbled-names") as (server, transport):
        (server.home / "out" / "a.ack.json").write_text(line())
        with pytest.raises(Misconfigured) as caught:
            list(transport.acknowledgements(None))
        assert caught.value.code == "garbled-text"
        assert transport.send(payload(b"report")).detail == "renamed"


# --- what nobody may see


def test_neither_reports_nor_secrets_reach_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with awkward(tmp_path, "disk-full") as (_, transport), pytest.raises(Unavailable):
        transport.send(payload(b"canary 07700 900123"))
    records = [record for record in caplog.records if record.name.startswith(("paramiko", "adapters"))]
    assert records == []


def test_a_payload_shows_no_content() -> None:
    sent: Payload = payload(b"canary")
    assert "canary" not in repr(sent)
