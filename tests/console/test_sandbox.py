"""`soh-hub fault`: what stand-ins are to do wrong, said by hand."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.main import app
from sandbox.faults import Fault, read_faults


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["fault", *arguments])
    return done.exit_code, done.output


def test_faults_are_set_shown_and_taken_away(tmp_path: Path) -> None:
    where = ["--folder", str(tmp_path)]
    assert run("status:kent:records-system,status=429,retry_after=7,times=3", "stall,at=login,probability=0.5,seed=4", *where)[0] == 0
    assert read_faults(tmp_path) == [
        Fault("status", force="kent", route="records-system", status=429, retry_after=7, times=3),
        Fault("stall", at="login", probability=0.5, seed=4),
    ]
    code, said = run("--json", *where)
    assert code == 0
    assert json.loads(said)["strikes"][1] == {"kind": "stall", "at": "login", "probability": 0.5, "seed": 4}
    assert run("--none", *where)[0] == 0
    assert read_faults(tmp_path) == []


def test_without_any_it_says_what_there_is(tmp_path: Path) -> None:
    code, said = run("--folder", str(tmp_path))
    assert code == 0
    assert "wrong-host-key" in said
    assert "no-posix-rename" in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("explode", "no fault 'explode'"),
        ("stall,often=2", "no 'often'"),
        ("stall,times=some", "times=some is no number"),
        ("stall,at=judge", "does not strike at 'judge'"),
        ("stall,every=0", "at least 1"),
        ("a:b:c:d", "KIND"),
    ],
)
def test_what_cannot_be_meant_is_told_and_changes_nothing(tmp_path: Path, text: str, why: str) -> None:
    run("reset", "--folder", str(tmp_path))
    code, said = run(text, "--folder", str(tmp_path))
    assert code == 1
    assert why in said
    assert read_faults(tmp_path) == [Fault("reset")]


def test_a_folder_without_stand_ins_is_told(tmp_path: Path) -> None:
    code, said = run("reset", "--folder", str(tmp_path / "nowhere"))
    assert code == 1
    assert "soh-hub sandbox" in said
