"""How the stand-ins begin and end: nothing lost by a restart, nothing left running."""

import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from sandbox.holdings import STANDS, TAKEN, store_of
from sandbox.serve import NotReady
from sandbox.stand_ins import StandIns
from sandbox.stands import Stand, write_stands
from tests.sandbox.conftest import eventually
from tests.sandbox.far_ends import JSON_POSTS, XML_DROPS, Account, Poster, identity, json_report, manifest, percent, reached, xml_drop
from tests.sandbox.far_ends import STANDS as ALL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_stands(tmp_path / STANDS, ALL)
    return tmp_path


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_gone(pids: list[int]) -> bool:
    return not any(alive(pid) for pid in pids)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_client_that_dies_within_its_request_leaves_nothing_behind_and_troubles_nobody(
    folder: Path, capfd: pytest.CaptureFixture[str], method: str
) -> None:
    key = f"d.1/{identity()}"
    with StandIns(folder, None) as running, Poster(running, JSON_POSTS) as poster:
        address = httpx.URL(poster.url if method == "POST" else f"{poster.url}/attachments/{percent(key)}")
        agreed = f"X-API-Key: {poster.client.headers['X-API-Key']}\r\nIdempotency-Key: {key}\r\nContent-Length: 100"
        with socket.create_connection((address.host, address.port or 0)) as client:
            client.sendall(f"{method} {address.raw_path.decode()} HTTP/1.1\r\nHost: x\r\n{agreed}\r\n\r\nbeginning".encode())
            time.sleep(0.2)  # or it would be gone before it was heard
        assert poster.look_up(key).status_code == 404
        held = running.holdings()[JSON_POSTS.force, JSON_POSTS.route]
    assert (held.reports, held.payloads, held.refusals) == ((), (), ())
    assert capfd.readouterr().err == ""


def test_a_restart_keeps_addresses_accounts_and_what_was_taken(folder: Path) -> None:
    first, second = identity(), identity()
    with StandIns(folder, None) as running:
        addresses = running.endpoints.read_text()
        with Poster(running, JSON_POSTS) as poster:
            reference = poster.post(f"d.1/{first}", json_report(first, "SOH-AB12")).json()["data"]["id"]
    with (store_of(folder, JSON_POSTS) / TAKEN).open("ab") as journal:
        journal.write(b'{"drop": "cut by a cra')
    with StandIns(folder, None) as running:
        assert running.endpoints.read_text() == addresses
        with Poster(running, JSON_POSTS) as poster:
            assert poster.post(f"d.1/{first}", json_report(first, "SOH-AB12")).status_code == 200
            later = poster.post(f"d.2/{second}", json_report(second, "SOH-AB12")).json()["data"]["id"]
        held = running.holdings()[JSON_POSTS.force, JSON_POSTS.route]
    assert [report.submission_id for report in held.reports] == [first, second]
    assert int(later.rpartition("-")[2]) == int(reference.rpartition("-")[2]) + 1


def test_a_drop_that_a_killed_stand_in_did_not_come_to_is_taken_by_the_next(folder: Path) -> None:
    with StandIns(folder, None) as running, Account(running, XML_DROPS) as account:
        account.send(XML_DROPS, 1, (identity(), "SOH-AB12"))
        assert eventually(lambda: "kent.records-system.routine.k7q2.000001.ack.json" in account.sftp.listdir("/out/soh"))
    inbox = folder / "sftp" / "kent" / "records-system" / "in" / "soh"
    key, body = "kent.records-system.routine.k7q2.000002", xml_drop((identity(), "SOH-AB12"))
    (inbox / f"{key}.xml").write_bytes(body)
    (inbox / f"{key}.manifest.json").write_bytes(manifest(XML_DROPS, key, {f"{key}.xml": body}, 1))
    with StandIns(folder, None) as running:
        assert eventually(lambda: len(running.holdings()["kent", "records-system"].reports) == 2)
        with Account(running, XML_DROPS) as account:
            assert eventually(lambda: f"{key}.ack.json" in account.sftp.listdir("/out/soh"))


def test_secrets_are_for_their_owner_alone(folder: Path) -> None:
    with StandIns(folder, None):
        pass
    for path in [folder / "ssh_host_ed25519_key", *(folder / "secrets").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_leaving_ends_every_process(folder: Path) -> None:
    with StandIns(folder, None) as running:
        assert running.pid
        pids = [running.pid, *children(running.pid)]
        assert len(pids) == 3
        url = reached(running, JSON_POSTS)["url"]
    assert all_gone(pids)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_every_process(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "sandbox.serve", "--as-before", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("ready: 4 stand-ins; HUB_ENDPOINTS=")
        pids = [process.pid, *children(process.pid)]
        process.send_signal(number)
        assert process.wait(20) == 0
    assert all_gone(pids)


def test_no_process_outlives_a_parent_that_was_killed(folder: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from sandbox.stand_ins import StandIns
with StandIns(Path({str(folder)!r}), None) as running:
    print(running.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        serve = int(parent.stdout.readline())
        pids = [serve, *children(serve)]
        parent.kill()
    assert eventually(lambda: all_gone(pids))


def test_a_server_that_dies_ends_the_sandbox_with_an_error(folder: Path) -> None:
    command = [sys.executable, "-m", "sandbox.serve", "--as-before", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        pids = children(process.pid)
        os.kill(pids[0], signal.SIGKILL)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "stand-ins ended" in told
    assert all_gone(pids)


def test_a_clock_that_stands_still_dates_what_is_said(folder: Path) -> None:
    submission_id = identity()
    with StandIns(folder, None, at="2021-03-08T06:00:00+00:00") as running, Poster(running, JSON_POSTS) as poster:
        reference = poster.post(f"d.1/{submission_id}", json_report(submission_id, "SOH-AB12")).json()["data"]["id"]
        row = poster.acknowledgements()["data"][0]
    assert (reference, row["at"]) == ("CONNECT-2021-000001", "2021-03-08T06:00:00+00:00")


def test_with_tls_only_who_trusts_its_authority_can_speak_to_it(folder: Path) -> None:
    with StandIns(folder, None, tls=True) as running:
        at = reached(running, JSON_POSTS)
        assert at["url"].startswith("https://127.0.0.1:")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(at["url"])
        with httpx.Client(verify=ssl.create_default_context(cafile=at["ca"])) as trusting:
            assert trusting.get(at["acknowledgements"]).status_code == 401
    assert stat.S_IMODE((folder / "tls" / "key.pem").stat().st_mode) == 0o600


def test_what_cannot_start_says_so(tmp_path: Path) -> None:
    broken = Stand("kent", "rs", "kent", "niche-style", "sftp", "xml", (), directory="/in\0")
    write_stands(tmp_path / STANDS, [broken])
    with pytest.raises(NotReady), StandIns(tmp_path, None):
        pass
