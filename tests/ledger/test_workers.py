import subprocess
import sys
from pathlib import Path

import pytest

from hub.ledger import workers
from hub.ledger.workers import is_dead, name_of_this_process, shown
from hub.settings import PROJECT
from tests.sandbox.conftest import eventually

_NAMES_ITSELF = "from hub.ledger.workers import name_of_this_process; print(name_of_this_process(), flush=True); input()"


def _child() -> tuple["subprocess.Popen[str]", str]:
    """A process that lives until it is told to end, and its name."""
    child = subprocess.Popen([sys.executable, "-c", _NAMES_ITSELF], cwd=PROJECT, stdin=-1, stdout=-1, text=True)
    assert child.stdout
    return child, child.stdout.readline().strip()


def test_a_process_is_dead_from_the_moment_it_is_killed_also_before_anybody_has_reaped_it() -> None:
    child, name = _child()
    assert not is_dead(name)
    child.kill()
    assert child.stdout
    assert child.stdout.read() == ""  # it has ended, and is a zombie: nobody has asked for its code
    assert eventually(lambda: is_dead(name))
    child.wait()
    assert is_dead(name)


def test_this_process_is_not_dead_and_no_name_is_given_twice() -> None:
    assert not is_dead(name_of_this_process())
    assert name_of_this_process() != name_of_this_process()
    assert len(name_of_this_process()) <= 100  # as the ledger's column has it


def _with(name: str, **parts: str) -> str:
    fields = dict(zip(("host", "pid", "began", "place", "letters"), name.split(":"), strict=True))
    return ":".join((fields | parts).values())


def test_another_process_that_was_given_the_number_of_a_dead_one_is_not_taken_for_it() -> None:
    mine = name_of_this_process()
    before = str(int(mine.split(":")[2]) - 1)
    assert is_dead(_with(mine, began=before))


@pytest.mark.parametrize("elsewhere", [{"host": "another-machine"}, {"place": "0" * 12}, {"began": "0"}])
def test_of_a_process_of_another_machine_boot_or_container_nobody_here_can_tell(elsewhere: dict[str, str]) -> None:
    assert not is_dead(_with(name_of_this_process(), **{"pid": "999999999", **elsewhere}))
    assert is_dead(_with(name_of_this_process(), pid="999999999"))


@pytest.mark.parametrize("name", ["", "first", "nobody", "a:b:c:d:e", "host:1:2"])
def test_a_name_that_tells_nothing_counts_as_alive(name: str) -> None:
    assert not is_dead(name)


def test_a_process_that_is_only_hidden_from_us_counts_as_alive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`/proc` mounted with `hidepid` shows nobody the processes of other users."""
    mine = name_of_this_process()
    monkeypatch.setattr(workers, "_PROC", tmp_path)
    assert not is_dead(mine)


def test_a_worker_is_shown_as_an_operator_looks_for_it() -> None:
    host, pid = name_of_this_process().split(":")[:2]
    assert shown(name_of_this_process()) == f"process {pid} on {host}"
    assert shown("first") == "first"
