import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from console.main import app
from flows.deploying import deploy
from flows.deployments import ACTIONS, differences, render
from flows.server import PrefectServer
from hub.settings import PROJECT
from tests.flows.server import ask

pytestmark = pytest.mark.xdist_group("prefect")

MAPPINGS = PROJECT / "mappings"
FILE = PROJECT / "prefect.yaml"
FORCES = {path.stem for path in (MAPPINGS / "forces").glob("*.yaml")}


def test_prefect_yaml_is_as_the_force_files_have_it() -> None:
    assert FILE.read_text() == render(MAPPINGS), "run: soh-hub deployments write"


def test_it_has_the_dispatcher_the_actions_and_one_deployment_for_each_force_which_has_no_schedule() -> None:
    dispatcher, retention, *others = yaml.safe_load(FILE.read_text())["deployments"]
    actions, forces = others[: len(ACTIONS)], others[len(ACTIONS) :]
    assert (dispatcher["name"], dispatcher["concurrency_limit"]["limit"]) == ("dispatcher", 1)
    assert (retention["entrypoint"], len(retention["schedules"])) == ("flows.retention.retention", 1)
    assert {one["name"]: (one["entrypoint"], one["tags"]) for one in actions} == {
        name.replace("_", "-"): (f"flows.operate.{name}", ["operator"]) for name in ACTIONS
    }
    assert {one["name"]: one["parameters"] for one in forces} == {force: {"forces": [force]} for force in FORCES}
    assert {one["entrypoint"] for one in forces} == {"flows.carry.carry"}
    assert {frozenset(one) for one in forces} == {frozenset(forces[0])}  # one form: what Prefect takes of one, it takes of all
    assert [one for one in others if "schedules" in one] == []
    assert {one["work_pool"]["name"] for one in others} == {"hub"}


def test_a_force_that_was_added_is_a_difference_and_writing_it_settles_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mappings, file = tmp_path / "mappings", tmp_path / "prefect.yaml"
    shutil.copytree(MAPPINGS, mappings)
    shutil.copy(FILE, file)
    added = (mappings / "forces" / "kent.yaml").read_text().replace("force: kent", "force: rutland").replace('"46"', '"99"')
    (mappings / "forces" / "rutland.yaml").write_text(added)
    monkeypatch.setenv("HUB_MAPPINGS", str(mappings))

    checked = CliRunner().invoke(app, ["deployments", "check", "--file", str(file)])
    assert (checked.exit_code, "+- name: rutland" in checked.output) == (1, True)
    assert CliRunner().invoke(app, ["deployments", "write", "--file", str(file)]).exit_code == 0
    assert CliRunner().invoke(app, ["deployments", "check", "--file", str(file)]).exit_code == 0
    assert differences(file.read_text(), MAPPINGS) != []


def test_a_broken_force_file_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mappings, file = tmp_path / "mappings", tmp_path / "prefect.yaml"
    shutil.copytree(MAPPINGS, mappings)
    (mappings / "forces" / "kent.yaml").write_text("force: kent\nnmae: Kent Police\n")
    monkeypatch.setenv("HUB_MAPPINGS", str(mappings))
    wrote = CliRunner().invoke(app, ["deployments", "write", "--file", str(file)])
    assert (wrote.exit_code, "kent.yaml:2" in wrote.output, file.exists()) == (1, True, False)


def test_prefect_takes_those_of_each_form_and_keeps_no_path_of_this_machine(prefect_server: PrefectServer) -> None:
    """Those of three forces: they have one form, and Prefect's command takes a quarter of a second for each. All 44 go below."""
    wanted = {"dispatcher", "retention", *(name.replace("_", "-") for name in ACTIONS), "kent", "dyfed-powys", "devon-and-cornwall"}
    _prefect(prefect_server, "work-pool", "create", "hub", "--type", "process", "--overwrite")
    _prefect(prefect_server, "--no-prompt", "deploy", *(word for name in sorted(wanted) for word in ("--name", name)))

    found = {row["name"]: row for row in ask(prefect_server, "deployments")}
    assert found.keys() == wanted
    kent, dispatcher, reroute = found["kent"], found["dispatcher"], found["reroute"]
    form = reroute["parameter_openapi_schema"]
    assert (reroute["tags"], reroute["enforce_parameter_schema"], form["required"]) == (["operator"], True, ["which", "to", "reason"])
    assert set(form["properties"]["to"]["enum"]) == FORCES
    assert (kent["entrypoint"], kent["parameters"], kent["schedules"]) == ("flows.carry.carry", {"forces": ["kent"]}, [])
    assert (kent["work_pool_name"], kent["tags"]) == ("hub", ["per-force", "force:kent"])
    assert (dispatcher["entrypoint"], dispatcher["parameters"]) == ("flows.dispatch.dispatch", {})
    assert (dispatcher["global_concurrency_limit"]["limit"], dispatcher["concurrency_options"]["collision_strategy"]) == (1, "CANCEL_NEW")
    assert len(dispatcher["schedules"]) == 1
    where = {(row["path"] or "", str(row["pull_steps"])) for row in found.values()}
    assert [one for one in where if any(str(folder) in "".join(one) for folder in (PROJECT, Path.home(), Path(sys.prefix)))] == []


def _prefect(server: PrefectServer, *words: str) -> None:
    """Prefect's own command line, as an operator runs it in the project's folder."""
    command = [sys.executable, "-m", "prefect", *words]
    ran = subprocess.run(command, cwd=PROJECT, env=os.environ | server.environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_prefect_is_told_over_its_api_alone_and_again_as_often_as_one_likes(prefect_server: PrefectServer, tmp_path: Path) -> None:
    """Every deployment of prefect.yaml with its schedule; one of a force that is on file no more is deleted, and nobody else's is."""
    shutil.copytree(PROJECT / "mappings", tmp_path / "mappings")
    wanted = {one["name"] for one in yaml.safe_load(render(tmp_path / "mappings"))["deployments"]}
    assert asyncio.run(deploy(tmp_path / "mappings", dispatcher=False)) == len(wanted)
    told = {row["name"]: row for row in ask(prefect_server, "deployments")}
    assert wanted <= told.keys()
    scheduled = {name: [one["active"] for one in row["schedules"]] for name, row in told.items() if row["schedules"]}
    assert (scheduled.pop("dispatcher"), {active for some in scheduled.values() for active in some} <= {True}) == ([False], True)
    assert (told["kent"]["parameters"], told["kent"]["work_pool_name"], told["kent"]["path"]) == ({"forces": ["kent"]}, "hub", None)

    gone = FORCES - {"kent", "surrey"}
    for force in gone:
        (tmp_path / "mappings" / "forces" / f"{force}.yaml").unlink()
    asyncio.run(deploy(tmp_path / "mappings", dispatcher=True))
    again = {row["name"]: row for row in ask(prefect_server, "deployments")}
    assert told.keys() - again.keys() == gone
    assert [one["active"] for one in again["dispatcher"]["schedules"]] == [True]
    asyncio.run(deploy(tmp_path / "mappings", dispatcher=False))
