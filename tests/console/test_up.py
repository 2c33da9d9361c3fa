"""`soh-hub up`: what it refuses to begin with, and a hub that it begins, keeps and ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.keys import DEMO
from flows.server import PrefectServer
from hub.ledger.dispatching import acts
from hub.ledger.fates import fates
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from hub.words import State
from sandbox.stand_ins import StandIns
from tests.console.conftest import Person
from tests.end_to_end.intake import crime, put
from tests.end_to_end.test_reconciliation import three_forces
from tests.flows.server import ask, eventually

pytestmark = pytest.mark.xdist_group("up")


@pytest.fixture(autouse=True)
def _no_server_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Prefect's API is named, `up` begins no server of its own."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.fixture
def home(person: Person) -> Path:
    (person.home / "intake").mkdir(parents=True)
    return person.home


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_what_is_wrong_with_the_set_up_is_said_before_anything_is_begun(person: Person, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = person.says("up", "--check", "--port", port, "--intake", tmp_path / "nowhere")
    assert said.code == 1
    assert f"The intake {tmp_path / 'nowhere'} is not there: make the folder" in said.err
    assert f"Port {port} on 127.0.0.1, for Prefect's server, cannot be used (Address already in use)" in said.err
    assert said.err.endswith("Nothing was begun.\n")


def test_keys_that_are_not_there_and_a_database_that_is_none_are_said(home: Path) -> None:
    for changed, why in (
        ({"HUB_KEYS": ""}, "HUB_KEYS is not set"),
        ({"HUB_HISTORY_KEYS": "file:/nowhere/key"}, "/nowhere/key"),
        ({"HUB_LEDGER_URL": "postgresql+psycopg://hub@127.0.0.1:1/hub"}, "Connection refused"),
        ({"HUB_MAPPINGS": str(home)}, "no force's file"),
    ):
        said = Person(home, changed).says("up", "--check", "--port", str(_free_port()))
        assert (said.code, why in said.err) == (1, True), said.err


def test_what_keeps_one_force_is_said_and_stops_nothing(home: Path, tmp_path: Path) -> None:
    mappings = three_forces(tmp_path / "mappings")
    kent = mappings / "forces" / "kent.yaml"
    kent.write_text(kent.read_text().replace("profile:", "profil:"))
    said = Person(home, {"HUB_MAPPINGS": str(mappings)}).says("up", "--check", "--port", str(_free_port()))
    assert (said.code, "kent cannot be delivered to until its file is right" in said.err) == (0, True), said.err


@contextmanager
def _running(home: Path, port: int, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "console.main", "up", "--port", str(port)],
        cwd=PROJECT,
        env={**plain, "HUB_HOME": str(home), "HUB_KEYS": DEMO, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def _says(process: "subprocess.Popen[str]", wanted: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if wanted in line:
            return
    pytest.fail(f"it ended without saying {wanted!r}")


def _children(pid: int) -> dict[str, int]:
    """Its child processes by what they are."""
    found = {}
    for line in subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        for name, word in (("server", "flows.server_process"), ("dispatcher", " dispatch "), ("worker", "worker start")):
            if word in command:
                found[name] = int(number)
    return found


def test_a_hub_is_begun_carries_survives_the_death_of_its_parts_and_leaves_nothing_behind(home: Path, tmp_path: Path) -> None:
    """A dispatcher that is killed leaves runs that Prefect would show as running for ever: the next one clears them."""
    mappings, port = three_forces(tmp_path / "mappings"), _free_port()
    with StandIns(tmp_path / "sandbox", mappings) as stand_ins:
        environment = {"HUB_MAPPINGS": str(mappings), "HUB_ENDPOINTS": str(stand_ins.endpoints)}
        with _running(home, port, environment) as process:
            _says(process, "Ctrl-C ends it")
            first = _children(process.pid)
            assert first.keys() == {"server", "dispatcher", "worker"}
            server = PrefectServer(home)
            server.api_url = f"http://127.0.0.1:{port}/api"
            assert eventually(lambda: len(ask(server, "deployments")) >= 13, 10)
            assert eventually(lambda: _acts(home), 120)
            assert _states(server, "dispatch") == ["Running"]

            os.kill(first["dispatcher"], signal.SIGKILL)
            _says(process, "dispatcher is started again")
            wire = crime("46")
            wire["digitalReport"]["safeguarding"] = {"immediateDanger": True}  # a routine one waits for its force's slot
            put(home / "intake", "1.json", wire)
            assert eventually(lambda: _arrived(home, wire["submissionId"]), 90)
            assert eventually(lambda: sorted(_states(server, "dispatch")) == ["Crashed", "Running"], 30)

            again = _children(process.pid)
            process.send_signal(signal.SIGTERM)
            _says(process, "Ended.")
            assert process.wait(60) == 0
            assert [pid for pid in {*first.values(), *again.values()} if Path(f"/proc/{pid}").exists()] == []


def _states(server: PrefectServer, flow: str) -> list[str]:
    return [row["state_name"] for row in ask(server, "flow_runs", flows={"name": {"any_": [flow]}})]


def _acts(home: Path) -> bool:
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}", str(home / "store"))
    try:
        return acts(ledger)
    finally:
        ledger.close()


def _arrived(home: Path, name: str) -> bool:
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}", str(home / "store"))
    try:
        return any(one.submission_id == name and one.state in (State.DELIVERED, State.ACCEPTED) for one in fates(ledger))
    finally:
        ledger.close()


def test_children_end_with_a_program_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import os, signal, sys, time
from pathlib import Path
from flows.children import Child, Children
children = Children()
children.start(Child("one", ["sleep", "600"], Path({str(tmp_path)!r}) / "log", dict(os.environ)))
print(children.all[0].pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=False)
    pid = int(killed.stdout)
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2], 10)


def test_a_child_that_ends_at_once_is_started_again_ever_more_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.children import Child

    now = time.monotonic()
    monkeypatch.setattr("flows.children.time.monotonic", lambda: now)
    child = Child("one", ["false"], tmp_path / "log", dict(os.environ))
    child.start()
    waits: list[str] = []
    while len(waits) < 7:
        if (news := child.look()) and "ended" in news:
            waits.append(news.partition("again in ")[2].partition(" ")[0])
        now += 0.0 if news is None and child.pid else 1.0
    assert waits == ["2", "4", "8", "16", "32", "60", "60"]
    child.end(now)
