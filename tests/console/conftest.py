"""The command line as a person uses it: a process of its own, with the hub's settings in its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.keys import DEMO
from console.main import app
from hub.settings import PROJECT
from sandbox.stand_ins import StandIns

AT = "2026-11-22T06:00:00+00:00"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Its answer; nothing but one JSON object may stand on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Person:
    """Somebody at the command line, with a HUB_HOME of their own."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def types(self, *words: str | Path) -> Said:
        """Runs `soh-hub` with these words."""
        command = [sys.executable, "-m", "console.main", *map(str, words)]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
        environment = {**plain, "HUB_HOME": str(self.home), "COLUMNS": "200", "HUB_KEYS": DEMO, **self.environment}
        ran = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False, timeout=250)
        return Said(ran.returncode, ran.stdout, ran.stderr)

    def says(self, *words: str | Path) -> Said:
        """The same in this process: for what begins no other, and is no matter of how a process starts and ends."""
        environment = {"HUB_HOME": str(self.home), "HUB_KEYS": DEMO, **self.environment}
        result = CliRunner(env=environment).invoke(app, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty HUB_HOME."""
    return Person(tmp_path / "home")


@dataclass(frozen=True)
class Day:
    """A small sample that a person made and carried, with what each command said."""

    person: Person
    folder: Path
    stand_ins: StandIns
    sent: list[dict[str, Any]]  # every submission that is JSON
    sample: Said
    run: Said

    @property
    def expected(self) -> Any:
        return json.loads((self.folder / "expected.json").read_bytes())


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """`sample`, then `run` with the hub's own Prefect server: once for the session."""
    folder = tmp_path_factory.mktemp("console")
    with StandIns(folder / "sandbox", PROJECT / "mappings", AT) as stand_ins:
        person = Person(folder / "home", {"HUB_ENDPOINTS": str(stand_ins.endpoints), "COLUMNS": "200"})
        out = folder / "sample"
        made = person.types("sample", "--reports", "220", "--out", out, "--seed", "5", "--at", AT, "--json")
        sent = list(_read(out / "intake"))
        ran = person.types("run", "--intake", out / "intake", "--wait", "30", "--settled", "0", "--at", AT, "--json")
        yield Day(person, out, stand_ins, sent, made, ran)


def _read(intake: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(intake.glob("*json")):
        for line in path.read_bytes().splitlines() if path.suffix == ".ndjson" else [path.read_bytes()]:
            try:
                wire = json.loads(line)
            except ValueError:
                continue
            if isinstance(wire, dict):
                yield wire
