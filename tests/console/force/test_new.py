"""`soh-hub force new`: a file that loads at once, says what is missing, and never takes another's place."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.main import app
from hub.forces.registry import Registry
from hub.settings import PROJECT
from tests.console.conftest import Person
from tests.console.force.conftest import NEW, edited


def test_flags_alone_write_a_file_that_loads_and_has_at_most_25_lines(engineer: Person, mappings: Path) -> None:
    said = engineer.says("force", "new", *NEW, "--live-from", "2021-01-01", "--set", "host=sftp.testshire.example")
    assert (said.code, said.err) == (0, "")
    text = (mappings / "forces" / "testshire.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 25
    assert "host: sftp.testshire.example" in text
    registry = Registry.load(mappings)
    assert dict(registry.broken) == {}
    assert registry.by_code("99") is registry.forces["testshire"]
    assert registry.forces["testshire"].not_live("crime", Registry.load(mappings).forces["kent"].routes[0].from_day) is None


@pytest.mark.parametrize("profile", sorted(path.parent.name for path in (PROJECT / "mappings/profiles").glob("*/profile.yaml")))
def test_every_shipped_profile_has_a_scaffold_that_loads(tmp_path: Path, profile: str) -> None:
    mappings = tmp_path / "mappings"
    shutil.copytree(PROJECT / "mappings" / "profiles" / profile, mappings / "profiles" / profile)
    others = [path for path in sorted((PROJECT / "mappings" / "forces").glob("*.yaml")) if f"profile: {profile}\n" in path.read_text()]
    (mappings / "forces").mkdir()
    shutil.copy(others[0], mappings / "forces")
    said = Person(tmp_path / "home", {"HUB_MAPPINGS": str(mappings)}).says("force", "new", *NEW[:-1], profile)
    assert said.code == 0, said.err
    registry = Registry.load(mappings)
    assert (dict(registry.broken), registry.forces["testshire"].routes[0].profile) == ({}, profile)
    assert len((mappings / "forces" / "testshire.yaml").read_text().splitlines()) <= 25


def test_without_a_first_day_no_service_is_live(engineer: Person, mappings: Path) -> None:
    assert engineer.says("force", "new", *NEW).code == 0
    force = Registry.load(mappings).forces["testshire"]
    assert {live.day for live in force.services.values()} == {None}


def test_it_asks_for_what_no_option_says_and_asks_again_until_it_is_right(engineer: Person, mappings: Path) -> None:
    answers = "\n".join(["Test Shire", "testshire", "", "46", "99", "nich-style", "niche-style"])
    result = CliRunner(env=engineer.environment).invoke(app, ["force", "new"], input=f"{answers}\n")
    assert result.exit_code == 0, result.output
    for hint in ("'Test Shire' is no slug", "The PNC code 46 is the one of kent.", "did you mean 'niche-style'?"):
        assert hint in result.output
    assert Registry.load(mappings).forces["testshire"].name == "Testshire"


def test_when_nobody_answers_it_says_which_options_would(engineer: Person) -> None:
    result = CliRunner(env=engineer.environment).invoke(app, ["force", "new"], input="")
    assert result.exit_code == 1
    assert "`soh-hub force new --help` names the options" in result.output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--slug", "kent", *NEW[2:]), "'kent' is on file already; its file is never overwritten"),
        (("--slug", "Testshire", *NEW[2:]), "'Testshire' is no slug"),
        ((*NEW[:-1], "nich-style"), "did you mean 'niche-style'?"),
        ((*NEW, "--set", "host"), "write it KEY=VALUE"),
        (("--slug", "testshire", "--nation", "Scotland", "--pnc-code", "99", "--profile", "niche-style"), "is none of England, Wales"),
        (("--slug", "testshire", "--nation", "Wales", "--pnc-code", "9", "--profile", "niche-style"), "two digits"),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_written(engineer: Person, mappings: Path, words: tuple[str, ...], hint: str) -> None:
    before = {path: path.read_bytes() for path in (mappings / "forces").iterdir()}
    said = engineer.says("force", "new", *words)
    assert said.code == 1
    assert hint in said.err
    assert {path: path.read_bytes() for path in (mappings / "forces").iterdir()} == before


def test_a_broken_file_of_that_name_is_not_overwritten_either(engineer: Person, mappings: Path) -> None:
    (mappings / "forces" / "testshire.yaml").write_text("}{\n")
    assert engineer.says("force", "new", *NEW).code == 1
    assert (mappings / "forces" / "testshire.yaml").read_text() == "}{\n"


def test_check_names_every_placeholder_with_its_line(engineer: Person, mappings: Path) -> None:
    engineer.says("force", "new", *NEW)
    said = engineer.says("force", "check", "testshire", "--offline")
    assert said.code == 1
    lines = [line.strip() for line in said.out.splitlines() if "is a placeholder" in line]
    assert lines == [
        "forces/testshire.yaml:16:13: 'host' is a placeholder; write what the force says",
        "forces/testshire.yaml:17:17: 'host_key' is a placeholder; write what the force says",
    ]
    edited(mappings / "forces" / "testshire.yaml", "host: CHANGE-ME", "host: sftp.testshire.example")
    assert "'host' is a placeholder" not in engineer.says("force", "check", "testshire", "--offline").out
