"""The stand-ins of the project's own forces: made from their files, with nothing said twice."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from sandbox.onboard import NoPlace, stand_of, stands_of
from sandbox.reading import Seen, reports_in
from sandbox.stands import Stand, read_stands, write_stands

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="module")
def stands() -> list[Stand]:
    return stands_of(MAPPINGS)


def test_every_force_has_a_stand_in(stands: list[Stand]) -> None:
    assert len({stand.force for stand in stands}) == 44
    assert len({stand.name for stand in stands}) == len(stands)
    assert {stand.transport for stand in stands} == {"sftp", "rest"}


def test_every_stand_knows_where_its_reports_identify_themselves(stands: list[Stand]) -> None:
    assert [stand.name for stand in stands if not stand.places] == []


def test_a_stand_has_its_forces_own_options(stands: list[Stand]) -> None:
    kent = next(stand for stand in stands if stand.force == "kent")
    assert (kent.instance, kent.style, kent.format, kent.options["delimiter"]) == ("athena", "ATHENA", "csv", "|")


def test_stands_are_handed_on_as_they_are(stands: list[Stand], tmp_path: Path) -> None:
    write_stands(tmp_path / "stands.json", stands)
    assert read_stands(tmp_path / "stands.json") == stands


def test_a_profile_that_does_not_carry_them_has_no_stand_in(tmp_path: Path) -> None:
    from hub.forces.registry import Registry

    route = Registry.load(MAPPINGS).forces["kent"].routes[0]
    (tmp_path / "profile.yaml").write_text("fields: {incidents: {fields: {ID: submission_id}}}")
    with pytest.raises(NoPlace, match="map submission_id and reference"):
        stand_of(replace(route, folder=tmp_path))


def test_a_stand_in_finds_every_golden_report_in_its_golden_payload(stands: list[Stand]) -> None:
    stand_for = {stand.profile: replace(stand, options={**stand.options, "delimiter": ","}) for stand in stands}
    for report in sorted((MAPPINGS / "profiles").glob("*/golden/*.report.json")):
        sent = orjson.loads(report.read_bytes())
        case, profile = report.name.removesuffix(".report.json"), report.parents[1].name
        payloads = sorted(report.parent.glob(f"{case}.expected.*"))
        seen = [seen for path in payloads for seen in reports_in(stand_for[profile], path.name, path.read_bytes())]
        assert seen == [Seen(sent["submissionId"], sent["reference"])], f"{profile}: {case}"
