import json
import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from console.main import app

_HEAVY = {"prefect", "pandas", "great_expectations", "sqlalchemy", "paramiko", "asyncssh", "httptools", "httpx", "lxml", "faker", "fastapi"}

_IMPORTS = """
import json, sys
from typer.main import get_group
from typer.testing import CliRunner
from console.main import app
result = CliRunner().invoke(app, json.loads(sys.argv[1]))
print(json.dumps([result.exit_code, sorted(sys.modules)]))
"""


def _modules(*words: str) -> set[str]:
    ran = subprocess.run([sys.executable, "-c", _IMPORTS, json.dumps(words)], stdout=subprocess.PIPE, check=True)
    exit_code, modules = json.loads(ran.stdout)
    assert exit_code == 0
    return set(modules)


def test_help_loads_no_heavy_library() -> None:
    assert _modules("--help") & _HEAVY == set()


@pytest.mark.parametrize("command", sorted(get_group(app).commands))
def test_the_help_of_a_command_loads_no_heavy_library(command: str) -> None:
    assert _modules(command, "--help") & _HEAVY == set()


def test_version_is_the_installed_one() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"soh-hub {version('soh-hub')}\n"


def test_an_unknown_command_is_refused_by_name() -> None:
    result = CliRunner().invoke(app, ["stauts"])
    assert result.exit_code == 2
    assert "stauts" in result.output
