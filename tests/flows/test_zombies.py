"""Runs of processes that have died are said to have crashed; those of others are left alone."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.server import PrefectServer
from flows.zombies import clear
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from tests.flows.server import ask

pytestmark = pytest.mark.xdist_group("prefect")

_BEGINS_AND_DIES = """
import asyncio, os, signal, sys
from prefect import flow
from flows.zombies import say_who
from hub.ledger.ledger import Ledger

@flow
async def inner():
    if sys.argv[3] == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    print("under way", flush=True)
    await asyncio.sleep(600)

@flow
async def outer():
    ledger = Ledger.open(sys.argv[1], sys.argv[2])
    await say_who(ledger)
    await inner()

asyncio.run(outer())
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path / "store"))
    yield ledger
    ledger.close()


def _begin(ledger: Ledger, how: str) -> "subprocess.Popen[bytes]":
    place = [str(ledger.database.url), ledger.store.url]
    command = [sys.executable, "-c", _BEGINS_AND_DIES, *place, how]
    return subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ), stdout=subprocess.PIPE)


def _states(server: PrefectServer) -> list[tuple[str, str]]:
    found = {row["id"]: row["name"] for row in ask(server, "flows", flows={"name": {"any_": ["outer", "inner"]}})}
    runs = ask(server, "flow_runs", flows={"name": {"any_": ["outer", "inner"]}}, sort="START_TIME_ASC")
    return [(found[row["flow_id"]], row["state_name"]) for row in runs]


def test_the_runs_of_a_killed_process_crash_with_what_they_had_begun_and_living_ones_go_on(
    prefect_server: PrefectServer, ledger: Ledger, tmp_path: Path
) -> None:
    lives = _begin(ledger, "lives")
    assert lives.stdout
    with lives.stdout:
        assert lives.stdout.readline() == b"under way\n"
        dies = _begin(ledger, "dies")
        assert dies.wait(120) == -signal.SIGKILL
        assert _states(prefect_server) == [(flow, "Running") for flow in ("outer", "inner", "outer", "inner")]

        other = Ledger.open(f"sqlite:///{tmp_path / 'other.db'}", str(tmp_path / "store"))
        assert asyncio.run(clear(other)) == 0  # another hub at the same server
        other.close()
        assert asyncio.run(clear(ledger)) == 1
        assert _states(prefect_server) == [("outer", "Running"), ("inner", "Running"), ("outer", "Crashed"), ("inner", "Crashed")]
        assert asyncio.run(clear(ledger)) == 0
        lives.kill()
        lives.wait()
    assert asyncio.run(clear(ledger)) == 1
