"""A records system that nobody here has seen: the police-to-court schemas, reached by a folder of data and no Python."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from lxml import etree
from msgspec import to_builtins

from adapters.registry import make_format
from hub.contracts import Encoded, Unencodable
from hub.forces.profiles import Profile, load_profile
from hub.reports.model import Report
from hub.reports.validator import report_of
from tests.adapters.formats.records import DROP
from tests.mapping.generated import reports
from tests.mapping.maps import DAY

FOLDER = Path(__file__).parents[1] / "profiles" / "spi"
SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "corpora" / "spi"
INNER = "{http://schemas.cjse.gov.uk/common/businessentities}DataStreamContent"
pytestmark = pytest.mark.shared


@pytest.fixture
def spi(tmp_path: Path) -> Profile:
    """The profile with the third party's schemas beside it, as they are."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"{SCHEMAS.name} is not there")
    shutil.copytree(FOLDER, tmp_path / "spi")
    for schema in SCHEMAS.glob("*.xsd"):
        shutil.copy(schema, tmp_path / "spi")
    return load_profile(tmp_path / "spi")


def encoded(profile: Profile, made: Sequence[Report]) -> list[Encoded]:
    options = {key: value for key, value in profile.file.format.items() if key != "name"}
    field_map = dict.fromkeys(profile.file.models, profile.maps[0])
    records = [field_map.get(report.service, profile.maps[1]).apply(report, DAY) for report in made]
    return list(make_format("xml", options, profile.folder).encode(records, DROP))


def assert_xmllint_takes(folder: Path, bodies: Sequence[bytes], schema: str) -> None:
    """Every one of them, by the schema as it is, in one process."""
    xmllint = shutil.which("xmllint")
    assert xmllint, "xmllint is missing: apt-get install libxml2-utils"
    names = [f"{number:04}.xml" for number in range(len(bodies))]
    for name, body in zip(names, bodies, strict=True):
        (folder / name).write_bytes(body)
    command = [xmllint, "--noout", "--nonet", "--schema", str(SCHEMAS / schema), *names]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr.splitlines() == [f"{name} validates" for name in names]


def inner(body: bytes) -> bytes:
    """The document inside, as the far end unescapes it."""
    (content,) = etree.fromstring(body).iter(INNER)
    return str(content.text).encode()


def test_the_profile_is_data_alone() -> None:
    assert {path.suffix for path in FOLDER.rglob("*") if path.is_file()} == {".yaml", ".csv"}


@pytest.mark.parametrize("number", [50, 1_000])
def test_envelope_and_message_hold_to_the_third_partys_schemas(spi: Profile, tmp_path: Path, number: int) -> None:
    payloads = encoded(spi, reports(number, "crime", seed=number))
    assert len({payload.key for payload in payloads}) == len(payloads) == number
    for name, bodies, schema in (
        ("envelopes", [payload.body for payload in payloads], "cjseOperations.xsd"),
        ("messages", [inner(payload.body) for payload in payloads], "CPP-StdProsPoliceCase-v1-2.xsd"),
    ):
        (tmp_path / name).mkdir()
        assert_xmllint_takes(tmp_path / name, bodies, schema)


def test_what_was_reported_is_in_the_message(spi: Profile) -> None:
    made = reports(60, "crime")
    suspected = [report for report in made if any("suspect" in person.roles for person in report.people)]
    assert 0 < len(suspected) < len(made)
    for report, payload in zip(made, encoded(spi, made), strict=True):
        found = {str(element.text) for element in etree.fromstring(inner(payload.body)).iter("{*}*") if element.text}
        assert report.reference in found
        assert report.incident is not None
        assert report.incident.description in found
        victims = [person.family_name for person in report.people if "victim" in person.roles and person.family_name]
        assert {name for name in victims if name.isascii()} <= found
        defendants = etree.fromstring(inner(payload.body)).findall(".//{*}Defendant")
        assert len(defendants) == max(1, sum("suspect" in person.roles for person in report.people))


def test_a_skeleton_holds_to_the_envelopes_schema(spi: Profile, tmp_path: Path) -> None:
    (payload,) = encoded(spi, reports(1, "fraud"))
    assert b"<![CDATA[OFFICIAL" in payload.body
    assert_xmllint_takes(tmp_path, [payload.body], "cjseOperations.xsd")


def test_a_message_that_fails_the_inner_schema_is_named_with_its_path(spi: Profile) -> None:
    good, wrong = reports(2, "crime")
    person = to_builtins(wrong.people[0]) | {"roles": ["suspect"], "address": {"postcode": "canary"}}
    with pytest.raises(Unencodable) as refused:
        encoded(spi, [good, report_of(to_builtins(wrong) | {"people": [person]})])
    assert {index for index, _, _ in refused.value.faults} == {1}
    assert all("cjseEntity:DataStreamContent/NewCaseMessage/Case/Defendant" in where for _, _, where in refused.value.faults)
    assert "canary" not in repr(refused.value.faults)
