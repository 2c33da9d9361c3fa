"""The six profiles: every field of a report reaches its place, in every force's own form, valid for its schema."""

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from adapters.registry import make_format
from hub.contracts import Encoded, Format
from hub.forces.force import Route
from hub.forces.profiles import Profile, load_profile
from hub.forces.registry import Registry
from hub.mapping.record import Record
from hub.reports.model import Report
from hub.reports.services import MODELLED, SERVICES, SKELETONS
from hub.reports.validator import report_of, report_of_json
from hub.workbench.specimens import CODES, bare, full
from tests.adapters.formats.records import DROP
from tests.mappings import golden
from tests.mappings.conftest import MAPPINGS
from tests.mappings.golden import DAY

FOLDERS = sorted(path.parent for path in (MAPPINGS / "profiles").glob("*/profile.yaml"))
PAIRS = [
    pytest.param(folder, path.name.removesuffix(".report.json"), id=f"{folder.name}-{path.name.removesuffix('.report.json')}")
    for folder in FOLDERS
    for path in sorted((folder / "golden").glob("*.report.json"))
]
FORCES = sorted(path.stem for path in (MAPPINGS / "forces").glob("*.yaml"))
SAFETY = (
    "people.safe_to_contact",
    "people.safe_contact",
    "people.contact_preference",
    "people.communication_needs",
    "people.phone",
    "people.email",
    "safeguarding.immediate_danger",
    "safeguarding.children_present",
    "safeguarding.vulnerable",
    "safeguarding.repeat_victim",
)


@pytest.fixture(scope="session")
def profiles() -> dict[str, Profile]:
    return {folder.name: load_profile(folder) for folder in FOLDERS}


def route_of(registry: Registry, force: str) -> Route:
    route = registry.forces[force].primary_on(DAY)
    assert route is not None
    return route


def format_of(route: Route) -> Format:
    options = dict(route.format)
    return make_format(str(options.pop("name")), options, route.folder)


def mapped(route: Route, report: Report, day: date = DAY) -> Record:
    return route.mapping(report.service).apply(report, day)


def encoded(route: Route, *reports: Report) -> list[Encoded]:
    return list(format_of(route).encode([mapped(route, report) for report in reports], DROP))


def test_there_are_six_profiles_and_each_says_whose_it_is(profiles: dict[str, Profile]) -> None:
    assert set(profiles) == {"athena-style", "connect-style", "mark43-style", "niche-style", "policeworks-style", "red-sigma-style"}
    for profile in profiles.values():
        assert "our own published profile, not a vendor's specification" in " ".join(profile.file.about.split())


@pytest.mark.parametrize(("folder", "name"), PAIRS)
def test_a_golden_report_becomes_what_is_on_file(profiles: dict[str, Profile], folder: Path, name: str) -> None:
    report = report_of_json((folder / "golden" / f"{name}.report.json").read_bytes())
    produced, expected = golden.produced(profiles[folder.name], report), golden.expected(folder / "golden", name)
    assert produced.keys() == expected.keys()
    for ending, body in produced.items():
        if ending == "xml":
            assert golden.canonical_xml(body) == golden.canonical_xml(expected[ending])
        elif ending == "json":
            assert json.loads(body, parse_float=str) == json.loads(expected[ending], parse_float=str)
        else:
            assert body == expected[ending]


def test_every_profile_has_the_golden_pairs_that_matter_most() -> None:
    for folder in FOLDERS:
        names = {path.name.removesuffix(".report.json") for path in (folder / "golden").glob("*.report.json")}
        assert names >= {"crime", "domestic-abuse", "skeleton"}
        assert len(names) >= 4


@pytest.mark.parametrize("force", FORCES)
def test_every_service_encodes_for_every_force_full_to_the_limits_and_bare(registry: Registry, force: str) -> None:
    route = route_of(registry, force)
    reports = [report for service in SERVICES for report in (full(service), bare(service))]
    distinct = [replace(each, submission_id=f"3f2b8c1e-0000-4000-8000-{n:012d}") for n, each in enumerate(reports)]
    format_ = format_of(route)
    payloads = list(format_.encode([mapped(route, report) for report in distinct], DROP))
    assert {member for payload in payloads for member in payload.members} == set(range(len(distinct)))
    assert [format_.count(payload.body) for payload in payloads] == [len(payload.members) for payload in payloads]


@pytest.mark.parametrize("day", [date(2021, 3, 8), date(2023, 3, 31), date(2023, 4, 1), DAY], ids=str)
@pytest.mark.parametrize("force", ["west-mercia", "metropolitan", "cumbria", "surrey", "greater-manchester", "durham"])
def test_every_code_of_the_model_has_a_translation_that_the_schema_takes(registry: Registry, force: str, day: date) -> None:
    route = route_of(registry, force)
    records = [mapped(route, full(service, variant), day) for variant in range(CODES) for service in (*MODELLED[:1], *SKELETONS[:1])]
    assert list(format_of(route).encode(records, DROP))


@pytest.mark.parametrize("force", FORCES)
def test_how_to_contact_safely_and_who_is_in_danger_reach_every_force(registry: Registry, force: str) -> None:
    route = route_of(registry, force)
    for field_map in (route.fields, route.skeleton):
        assert [path for path in SAFETY if path not in field_map.read_by] == []
    for service in SERVICES:
        reporter = {"id": "p1", "roles": ["reporter"], "safe_contact": "Only-At-Work", "safe_to_contact": False}
        report = to_builtins(bare(service)) | {"people": [reporter]}
        bodies = b"".join(payload.body for payload in encoded(route, report_of(report)))
        assert b"Only-At-Work" in bodies, service


def test_the_text_of_a_report_is_never_cut(registry: Registry) -> None:
    whole = replace(bare("fraud"), text="OFFICIAL " + "x" * 199_000)
    for force in FORCES:
        for service in ("fraud", "crime"):
            report = replace(whole, service=service)
            record = mapped(route_of(registry, force), report)
            assert record.signals == ()
            assert any(report.text.encode() in payload.body for payload in encoded(route_of(registry, force), report)), force


@pytest.mark.parametrize("force", ["west-mercia", "kent", "bedfordshire", "norfolk", "essex"])
def test_a_skeletons_columns_are_among_the_profiles(registry: Registry, force: str) -> None:
    route = route_of(registry, force)
    tables, skeleton = route.fields.columns(), route.skeleton.columns()
    assert route.format["tables"] == tables
    for table, columns in skeleton.items():
        assert list(columns) == [column for column in tables[table] if column in columns]
    assert {columns[0] for columns in tables.values()} == {"SUBMISSION_ID"}


def rows_of(record: Record, table: str) -> Iterator[dict[str, str]]:
    for field, content in record.nodes:
        if field.name == table and isinstance(content, list):
            yield {below.name: "" if value is None else str(value) for below, value in content}


@pytest.mark.parametrize("force", [force for force in FORCES if "athena-style" in (MAPPINGS / f"forces/{force}.yaml").read_text()])
def test_every_csv_reads_back_to_the_same_rows_with_the_csv_module_and_pandas(registry: Registry, force: str) -> None:
    route = route_of(registry, force)
    encoding, delimiter = str(route.format["encoding"]), str(route.format["delimiter"])
    records = [mapped(route, full("crime")), mapped(route, bare("fraud"))]
    for payload in format_of(route).encode(records, DROP):
        table = payload.name.split(".")[-2]
        expected = [row for record in records for row in rows_of(record, table)]
        read = list(csv.DictReader(io.StringIO(payload.body.decode(encoding), newline=""), delimiter=delimiter, strict=True))
        frame = pd.read_csv(io.BytesIO(payload.body), dtype=str, sep=delimiter, encoding=encoding, keep_default_na=False)
        assert frame.to_dict("records") == read
        assert [{name: value for name, value in row.items() if value} for row in read] == expected


@pytest.mark.parametrize(("force", "profile"), [("surrey", "niche-style"), ("btp", "niche-style"), ("durham", "red-sigma-style")])
def test_every_xml_validates_with_xmllint(registry: Registry, tmp_path: Path, force: str, profile: str) -> None:
    xmllint = shutil.which("xmllint")
    assert xmllint, "xmllint is missing: apt-get install libxml2-utils"
    route = route_of(registry, force)
    (schema,) = (MAPPINGS / "profiles" / profile).glob("*.xsd")
    reports = [report for service in SERVICES for report in (full(service, 3), bare(service))]
    names = []
    for number, report in enumerate(reports):
        for payload in encoded(route, report):
            (tmp_path / f"{number}.xml").write_bytes(payload.body)
            names.append(f"{number}.xml")
    done = subprocess.run([xmllint, "--noout", "--nonet", "--schema", schema, *names], cwd=tmp_path, check=False, capture_output=True)
    assert (done.returncode, len(names)) == (0, 2 * len(SERVICES)), done.stderr[-2000:]


def values(registry: Registry, force: str, path: str, report: Report) -> list[object]:
    return list(mapped(route_of(registry, force), report).values(path))


@pytest.mark.parametrize(
    ("force", "path", "expected"),
    [
        ("surrey", "Occurrence/Header/SubmittedAt", ["2026-10-25T01:30:00+01:00"]),
        ("city-of-london", "Occurrence/Header/SubmittedAt", ["2026-10-25T00:30:00Z"]),
        ("hampshire", "Occurrence/Header/SubmittedAt", ["2026-10-25T01:30:00"]),
        ("suffolk", "incidents/SUBMITTED_AT", ["2026-10-25T00:30:00Z"]),
        ("durham", "OnlineReport/@received", ["2026-10-25T00:30:00Z"]),
        ("surrey", "Occurrence/Places/Place/AreaCode", ["E01000001", "E01000001"]),
        ("btp", "Occurrence/Places/Place/AreaCode", []),
        ("surrey", "Occurrence/Persons/Person/Gender", ["9", "0"]),
        ("dyfed-powys", "Occurrence/Persons/Person/Gender", ["0", "0"]),
        ("warwickshire", "persons/GENDER", ["9", "9"]),
        ("west-mercia", "persons/GENDER", ["9", "0"]),
        ("kent", "incidents/CMP_COLLAR_NUMBER", []),
    ],
)
def test_forces_of_one_style_differ_as_their_files_say(registry: Registry, force: str, path: str, expected: list[object]) -> None:
    assert values(registry, force, path, full("crime", 3)) == expected


@pytest.mark.parametrize(
    ("force", "path", "limit"),
    [
        ("avon-and-somerset", "Occurrence/Event/Narrative", 2000),
        ("surrey", "Occurrence/Event/Narrative", 4000),
        ("hertfordshire", "persons/SURNAME", 20),
        ("greater-manchester", "circumstances/summary", 800),
        ("lancashire", "data/attributes/event/description", 3000),
    ],
)
def test_what_does_not_fit_is_cut_and_signalled(registry: Registry, force: str, path: str, limit: int) -> None:
    record = mapped(route_of(registry, force), full("crime"))
    cut = {signal.field for signal in record.signals if signal.kind == "truncated"}
    assert [len(str(value)) for value in record.values(path)] == [limit] * len(list(record.values(path)))
    assert (path in cut) == (limit not in (4000,))


def test_welsh_letters_are_transliterated_only_where_the_file_cannot_hold_them_and_signalled(registry: Registry) -> None:
    norfolk, kent = (mapped(route_of(registry, force), full("crime")) for force in ("norfolk", "kent"))
    assert next(norfolk.values("persons/FORENAMES")) == 'Wy "â", Wy "â", Wy "â", Wy "â", Wyx'
    assert next(kent.values("persons/FORENAMES")) == 'Ŵŷ "â", Ŵŷ "â", Ŵŷ "â", Ŵŷ "â", Ŵŷx'
    transliterated = {signal.field for signal in norfolk.signals if signal.kind == "transliterated"}
    assert {"persons/FORENAMES", "incidents/TEXT", "locations/STREET", "persons/PREVIOUS_ADDRESSES"} <= transliterated
    assert not [signal for signal in kent.signals if signal.kind == "transliterated"]


@pytest.mark.parametrize(
    ("force", "path"),
    [
        ("surrey", "Occurrence/Persons/Person/Ethnicity"),
        ("kent", "persons/ETHNICITY"),
        ("greater-manchester", "nominals/selfDefinedEthnicity"),
    ],
)
def test_the_newer_ethnicity_codes_lose_meaning_in_the_older_list_and_that_is_counted(registry: Registry, force: str, path: str) -> None:
    def of(code: str) -> tuple[list[object], bool]:
        person = {"id": "p1", "roles": ["reporter"], "ethnicity": code}
        record = mapped(route_of(registry, force), report_of(to_builtins(bare("crime")) | {"people": [person]}))
        return list(record.values(path)), ("lossy-code", path) in {(signal.kind, signal.field) for signal in record.signals}

    assert [of(code) for code in ("W3", "O2", "A4", "W1", "NS")] == [
        (["W9"], True),
        (["O9"], True),
        (["O1"], False),
        (["W1"], False),
        (["NS"], False),
    ]


def test_the_code_that_holds_on_the_day_decides(registry: Registry) -> None:
    def of(force: str, path: str, day: date) -> tuple[list[object], bool]:
        report = report_of(to_builtins(bare("crime")) | {"incident": {"offence": "burglary-residential"}})
        record = mapped(route_of(registry, force), report, day)
        return list(record.values(path)), "lossy-code" in {signal.kind for signal in record.signals}

    before, after = date(2023, 3, 31), date(2023, 4, 1)
    assert [of("cumbria", "suggestedOffenseCode", day) for day in (before, after)] == [(["BURG_RES"], False), (["BURG_RES_HOME"], True)]
    assert [of("kent", "incidents/SUGGESTED_OFFENCE", day) for day in (before, after)] == [(["28E"], False), (["28E"], True)]
