"""The JSON Schemas for editors: up to date, true of every file that is shipped, and not of broken ones."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
import yaml

from console.force.schemas import PUBLISHED, SCHEMAS, written
from hub.documents import read
from hub.settings import PROJECT
from tests.console.conftest import Person
from tests.forces.conftest import DATA

FILES = [
    *(pytest.param("force", path, id=path.stem) for path in sorted((PROJECT / "mappings/forces").glob("*.yaml"))),
    *(pytest.param("profile", path, id=path.parent.name) for path in sorted((PROJECT / "mappings/profiles").glob("*/profile.yaml"))),
]
CAUGHT = (  # what stands in the file itself; what is in other files, or between two places of it, only the hub can see
    "date-of-another-form",
    "force-code-no",
    "force-code-without-its-zero",
    "ignored-and-unknown",
    "misspelt-key",
    "misspelt-key-in-a-route",
    "misspelt-key-in-an-override",
    "misspelt-key-in-drops",
    "neither-public-nor-assumed",
    "no-routes",
    "unknown-environment",
    "unknown-purpose",
    "unknown-service",
)


class Editor(yaml.SafeLoader):
    """Reads YAML 1.2 as an editor does: numbers and flags have types, dates are texts."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in the class above


for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789"),
):
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), list(first))


@cache
def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(orjson.loads(written(name)))


def as_an_editor_sees(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Editor)  # noqa: S506 - a SafeLoader


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_published_is_up_to_date(name: str) -> None:
    assert (PUBLISHED / f"{name}.schema.json").read_bytes() == written(name), "run `soh-hub force schema --write docs/schemas`"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema(name: str) -> None:
    jsonschema_rs.meta.validate(orjson.loads(written(name)))


@pytest.mark.parametrize(("name", "path"), FILES)
def test_every_shipped_file_holds_to_its_schema(name: str, path: Path) -> None:
    judge = validator(name)
    for data in (as_an_editor_sees(path), read(path).data):
        assert [(list(error.instance_path), error.message) for error in judge.iter_errors(data)] == []


@pytest.mark.parametrize("name", CAUGHT)
def test_a_broken_force_file_does_not(name: str) -> None:
    assert not validator("force").is_valid(as_an_editor_sees(DATA / "broken" / f"{name}.yaml"))


def _kent() -> dict[str, Any]:
    found: dict[str, Any] = as_an_editor_sees(PROJECT / "mappings/forces/kent.yaml")
    return found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("transport", {"hots": "sftp.kent.example"}),
        ("transport", {"name": "sftp", "url": "https://kent.example"}),
        ("transport", {"name": "sftp", "port": "twenty-two"}),
        ("format", {"delimeter": ";"}),
        ("format", {"name": "csv", "encoding": "latin-1"}),
        ("overrides", {"persons/SURNAME": {"from": "people.famly_name"}}),
        ("overrides", {"persons/SURNAME": {"format": "uper"}}),
        ("ignore", {"complaint.colar_number": "not held"}),
        ("drops", {"at_most": "010"}),
        ("drops", {"manifest": "yes"}),
    ],
)
def test_an_editor_marks_settings_rules_and_fields_that_are_wrong(key: str, value: object) -> None:
    kent, judge = _kent(), validator("force")
    assert judge.is_valid(kent)
    kent["routes"][0][key] = value
    assert not judge.is_valid(kent)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("transport", {"name": "sftp", "host": "x.example", "port": 22, "timeouts": {"answer": 60}}),
        ("transport", {"name": "pigeon", "loft": "a transport of another package"}),
        ("overrides", {"persons/SURNAME": ".family_name", "incidents/A": {"literal": 1}, "incidents/B": {"remove": True}}),
        (
            "overrides",
            {
                "incidents/C": {
                    "from": "reference",
                    "when": {"service": ["crime", "fraud"], "anonymous": True},
                    "format": ["upper", "ascii"],
                }
            },
        ),
        ("ignore", {"complaint": "in the whole text"}),
        ("drops", {"at_most": 10, "manifest": False}),
    ],
)
def test_an_editor_takes_what_the_hub_takes(key: str, value: object) -> None:
    kent, judge = _kent(), validator("force")
    kent["routes"][0][key] = value
    assert [error.message for error in judge.iter_errors(kent)] == []


def test_the_endpoints_file_has_a_schema_too() -> None:
    judge = validator("endpoints")
    assert judge.is_valid(
        {"kent": {"records-system": {"endpoint": {"environment": "test"}, "transport": {"host": "127.0.0.1", "port": 40022}}}}
    )
    assert not judge.is_valid({"kent": {"records-system": {"endpont": {}}}})
    assert not judge.is_valid({"kent": {"records-system": {"endpoint": {"environment": "production"}}}})


def test_write_writes_all_of_them(tmp_path: Path) -> None:
    said = Person(tmp_path).says("force", "schema", "--write", tmp_path / "schemas")
    assert said.code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "schemas").iterdir()} == {
        f"{name}.schema.json": written(name) for name in SCHEMAS
    }


def test_without_write_one_is_printed(tmp_path: Path) -> None:
    assert Person(tmp_path).says("force", "schema", "profile").json()["title"].startswith("A profile")
    assert Person(tmp_path).says("force", "schema", "profil").code == 1


def test_a_scaffolds_first_line_leads_to_the_schema() -> None:
    from hub.workbench.scaffold import Answers
    from hub.workbench.scaffold import written as scaffold

    first = scaffold(Answers("x", "X", "England", "", "99", "niche-style", "x", None, {})).splitlines()[0]
    assert (PROJECT / "mappings" / "forces" / first.partition("$schema=")[2]).resolve() == PUBLISHED / "force.schema.json"
