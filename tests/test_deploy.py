"""The units and the compose file under `deploy/`: whole, hardened, and of commands that there are."""

import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
import typer
import yaml

from console.main import app
from hub.settings import PROJECT

DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "CapabilityBoundingSet": ""}
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # a group has them


def _unit(path: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=True, interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names of options keep their letters
    parser.read(path, encoding="utf-8")
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardened_starts_again_and_runs_a_command_that_there_is(path: Path) -> None:
    unit = _unit(path)
    assert {name: unit["Service"][name] for name in HARDENED} == HARDENED
    assert (unit["Service"]["Restart"], unit["Service"]["User"], unit["Install"]["WantedBy"]) == ("always", "soh-hub", "multi-user.target")
    program, command, *_ = unit["Service"]["ExecStart"].split()
    assert program.startswith("/opt/soh-hub/.venv/bin/")
    assert command in COMMANDS or program.endswith("/prefect")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_itself_finds_nothing_wrong_with_a_unit(path: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd here: its units were parsed, above, and no more")
    for one in UNITS:  # they name each other; the programs are those of this environment
        text = one.read_text(encoding="utf-8").replace("/opt/soh-hub/.venv", sys.prefix)
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / path.name)], capture_output=True, text=True, check=False, timeout=60
    )
    ours = [line for line in said.stderr.splitlines() if "soh-hub" in line]
    assert (said.returncode, ours) == (0, []), said.stderr


def test_the_compose_file_names_only_what_it_has_and_commands_that_there_are() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    assert set(services) == {"database", "server", "dispatcher", "worker", "screens"}
    for name, service in services.items():
        assert set(service.get("secrets", ())) <= set(compose["secrets"]), name
        named = {volume.partition(":")[0] for volume in service.get("volumes", ()) if not volume.startswith(".")}
        assert named <= set(compose["volumes"]), name
        assert set(service.get("depends_on", ())) <= set(services), name
        if name != "database":
            command = [word for word in service["command"] if word not in ("sh", "-c")]
            words = " ".join(command).split()
            assert words[0] == "prefect" or words[1] in COMMANDS, name
            assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert (DEPLOY / services["server"]["build"]["dockerfile"].removeprefix("deploy/")).is_file()


def test_docker_itself_finds_nothing_wrong_with_the_compose_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no `docker compose` here: the file was parsed, above, and no more")
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    shutil.copy(DEPLOY / "soh-hub.env.example", tmp_path / "deploy" / "soh-hub.env")
    file = str(tmp_path / "deploy" / "compose.yaml")
    said = subprocess.run([docker, "compose", "-f", file, "config", "--quiet"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
