"""Every command of the bench has an example in its help, loads nothing heavy for it, and answers in JSON where it reports."""

import json
import subprocess
import sys

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from console.force import force
from console.main import app

COMMANDS = sorted(get_group(force).commands)
_HEAVY = (
    "prefect",
    "pandas",
    "great_expectations",
    "sqlalchemy",
    "paramiko",
    "asyncssh",
    "httpx",
    "lxml",
    "faker",
    "fastapi",
    "rich.table",
)
_IMPORTED = """
import json, sys
from typer.testing import CliRunner
from console.main import app
for command in json.loads(sys.argv[1]):
    assert CliRunner().invoke(app, ["force", command, "--help"]).exit_code == 0
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example(command: str) -> None:
    said = CliRunner().invoke(app, ["force", command, "--help"]).output
    assert f"soh-hub force {command}" in " ".join(said.split())


def test_help_loads_no_heavy_library() -> None:
    ran = subprocess.run([sys.executable, "-c", _IMPORTED, json.dumps(COMMANDS)], stdout=subprocess.PIPE, check=True)
    assert [name for name in json.loads(ran.stdout) if name in _HEAVY] == []


def test_what_reports_answers_in_json() -> None:
    with_json = {name for name, command in get_group(force).commands.items() if any("--json" in param.opts for param in command.params)}
    assert set(COMMANDS) - with_json == {"new", "schema"}
