"""`docs/add-a-force.md`, followed step by step: every command on the page, in its order, on a copy of some of the mappings."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.settings import PROJECT
from sandbox.holdings import holdings
from tests.console.force.conftest import a_folder

PAGE = (PROJECT / "docs" / "add-a-force.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```sh( fails| background)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One command of the page: `how` is empty, `fails` or `background`."""

    how: str
    command: str


STEPS = [Step(how.strip(), line) for how, block in _BLOCK.findall(PAGE) for line in block.splitlines()]


class Shell:
    """A person's shell in a folder of their own. What it starts in the background it ends."""

    def __init__(self, folder: Path) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
        self.folder = folder
        self._environment = {**plain, "PATH": path, "HUB_MAPPINGS": str(folder / "mappings"), "COLUMNS": "200"}
        self._background: list[subprocess.Popen[bytes]] = []

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, timeout=400
        )

    def starts(self, command: str) -> None:
        """Waits until it says that it is ready."""
        process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=self.folder, env=self._environment, stdout=subprocess.PIPE)
        self._background.append(process)
        assert process.stdout
        assert process.stdout.readline().startswith(b"ready")

    def leaves(self) -> None:
        for process in self._background:
            process.terminate()
            process.wait(30)
            if process.stdout:
                process.stdout.close()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("guide")
    a_folder(folder)
    shell = Shell(folder)
    for command in ("git init -q", "git add -A", "git -c user.name=E -c user.email=e@example.com commit -q -m before"):
        assert shell.types(command).returncode == 0
    yield shell
    shell.leaves()


def test_the_page_has_a_command_for_every_step_of_the_bench() -> None:
    typed = {
        step.command.split("soh-hub ")[1].rsplit(" --", 1)[0].partition(" testshire")[0] for step in STEPS if "soh-hub" in step.command
    }
    assert {"force new", "force check", "force preview", "force coverage", "force explain", "force diff"} <= {
        " ".join(words.split()[:2]) for words in typed
    }


def test_whoever_follows_the_page_ends_with_the_forces_first_delivered_report(shell: Shell) -> None:
    said: dict[str, str] = {}
    for number, step in enumerate(STEPS):
        if step.how == "background":
            shell.starts(step.command)
            continue
        ran = shell.types(step.command)
        assert (ran.returncode != 0) == (step.how == "fails"), f"{step.command}\n{ran.stdout}\n{ran.stderr}"
        said[step.command] = ran.stdout
        if number == 0:
            assert (shell.folder / "mappings/forces/testshire.yaml").read_text(encoding="utf-8") in PAGE, "the page shows another file"
    assert len((shell.folder / "mappings/forces/testshire.yaml").read_text().splitlines()) <= 25
    _says_what_the_page_shows(said)
    _certificate_is_ready(shell.folder)
    _was_delivered(shell)


def _says_what_the_page_shows(said: dict[str, str]) -> None:
    check = next(text for command, text in said.items() if command.endswith("--offline"))
    shown = re.findall(r"^     forces/testshire\.yaml.*$", PAGE, re.MULTILINE)
    assert len(shown) == 2
    assert [line for line in shown if line not in check] == []


def _certificate_is_ready(folder: Path) -> None:
    assert "**Ready**" in (folder / "testshire.md").read_text(encoding="utf-8")
    assert 'class="verdict ready"' in (folder / "testshire.html").read_text(encoding="utf-8")


def _was_delivered(shell: Shell) -> None:
    standing = json.loads(shell.types('HUB_KEYS="none: this is a demo" soh-hub status --json').stdout)["forces"]["testshire"]
    held = holdings(shell.folder / "sandbox")["testshire", "records-system"]
    assert standing["last_delivery"] is not None
    assert len(held.reports) > 0
    assert standing["states"].get("accepted", 0) + standing["states"].get("quarantined", 0) >= len(held.reports)
