"""Reading again what was clean: the same report to the last detail, and nothing of it for anything else."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from pydantic import BaseModel

from hub.reports.edition import EDITION, edition_of
from hub.reports.reader import Unreadable, read, read_again
from hub.reports.services import SERVICES
from hub.reports.shapes import Shape, shapes
from hub.settings import PROJECT
from hub.workbench.specimens import specimens
from tests.hostile.borders import bytes_of
from tests.hostile.cases import cases
from tests.mapping.generated import submissions as sample
from tests.reports.made import as_sent, submissions
from tests.reports.submissions import CLEAN, SKELETON, having, spoilt

OLDER = "0" * 16


def told(part: Any) -> Any:
    """All that can be told of a value: its type, what it looks like, and what of it was given."""
    if isinstance(part, BaseModel):
        own = {name: told(value) for name, value in part.__dict__.items()}
        return type(part), list(own.items()), part.model_fields_set, part.__pydantic_extra__, part.__pydantic_private__
    if isinstance(part, list):
        return [told(each) for each in part]
    return type(part), repr(part)


def is_same_again(body: bytes) -> bool:
    """Whether the body was clean; if so it was read again, and the report was the same."""
    first = read(body)
    if first.clean_by is None:
        return False
    again = read_again(body, first.clean_by)
    assert again == first
    assert told(again.report) == told(first.report)
    assert again.report.model_dump_json() == first.report.model_dump_json()
    return True


@pytest.fixture
def undoubted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be doubted any more: only what is read the short way is read at all."""

    def refuses(_flat: bytes) -> bool:
        raise AssertionError

    monkeypatch.setattr("hub.reports.reader.doubtful", refuses)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(submissions())
def test_whatever_was_clean_is_the_same_report_when_it_is_read_again(document: dict[str, Any]) -> None:
    try:
        assume(is_same_again(orjson.dumps(document)))
    except Unreadable:
        assume(condition=False)


def test_so_is_everything_that_the_sandbox_makes_up() -> None:
    bodies = list(islice(sample(700, *SERVICES), 600))
    assert sum(map(is_same_again, bodies)) > 550


def test_so_is_every_specimen_of_a_service_that_is_modelled() -> None:
    reports = [specimen.report for specimen in specimens() if SERVICES[specimen.report.service].modelled]
    flat = [report.model_dump(mode="json", by_alias=True, exclude_unset=True) for report in reports]
    assert all(is_same_again(orjson.dumps(as_sent(each))) for each in flat)
    assert len(flat) > 50


def test_so_is_what_a_hostile_hand_wrote_and_is_clean_all_the_same() -> None:
    def clean() -> Iterator[bool]:
        for case in cases("intake"):
            try:
                yield is_same_again(bytes_of(case, CLEAN))
            except Unreadable:
                continue

    assert sum(clean()) > 5


@pytest.mark.usefixtures("undoubted")
@pytest.mark.parametrize("wire", [CLEAN, SKELETON])
def test_what_was_clean_is_not_doubted_again(wire: dict[str, Any]) -> None:
    assert read_again(orjson.dumps(wire), EDITION).clean_by == EDITION


@pytest.mark.parametrize("sum_of_money", [450.0, 450, 450.5, "450.00", 1e2, 0.1, -0.0])
def test_a_sum_of_money_is_the_same_however_it_is_written(sum_of_money: object) -> None:
    assert is_same_again(having("digitalReport.property.0.value", sum_of_money))


def test_a_sum_of_money_stands_nowhere_else() -> None:
    """If this fails: `_has_sum_as_number` of the reader must look at the new one too."""

    def sums(fields: dict[str, Shape]) -> Iterator[str]:
        for shape in fields.values():
            if shape.money:
                yield shape.path
            yield from sums(dict(shape.fields))

    assert list(sums(dict(shapes()))) == ["property.value"]


REPAIRED = [
    ("digitalReport.people.0.disability", "false"),
    ("digitalReport.people.0.gender", "FEMALE"),
    ("digitalReport.people.0.givenNames", " "),
    ("digitalReport.people.1.ageFrom", "20"),
]


@pytest.mark.parametrize(("path", "value"), REPAIRED)
def test_what_was_repaired_is_not_clean_and_is_repaired_again(path: str, value: str) -> None:
    first = read(having(path, value))
    assert first.clean_by is None
    assert len(first.signals) == 1
    assert read_again(having(path, value), first.clean_by) == first


@pytest.mark.parametrize(("path", "value"), REPAIRED)
def test_what_another_edition_found_clean_is_read_as_if_nobody_had(path: str, value: str) -> None:
    body = having(path, value)
    assert read_again(body, OLDER) == read(body)
    assert read_again(orjson.dumps(CLEAN), OLDER) == read(orjson.dumps(CLEAN))


def test_what_another_edition_found_clean_and_this_one_would_not_is_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        read_again(having("digitalReport.incident.occurredFrom", "1700000000"), OLDER)
    assert (refused.value.code, refused.value.where) == ("field-unreadable", "digitalReport.incident.occurredFrom")


@pytest.mark.parametrize(
    ("path", "value"), [("digitalReport.people.0.gender", "GNDR_0007"), ("digitalReport.starSign", "Aries"), ("category", "ZZZ")]
)
def test_the_model_holds_even_where_the_word_is_wrong(path: str, value: str) -> None:
    body = having(path, value)
    with pytest.raises(Unreadable) as first:
        read(body)
    with pytest.raises(Unreadable) as again:
        read_again(body, EDITION)
    assert (again.value.code, again.value.where, again.value.envelope) == (first.value.code, first.value.where, first.value.envelope)


def test_what_is_no_submission_at_all_is_refused_whoever_found_it_clean() -> None:
    for body in (b"", b"[]", b"{}", spoilt(lambda wire: wire.pop("submissionId"))):
        with pytest.raises(Unreadable):
            read_again(body, EDITION)


def _changed(folder: Path, name: str, old: str, new: str) -> str:
    """The edition with one change in a copy of the reader."""
    copy = shutil.copytree(PROJECT / "hub" / "reports", folder / name)
    source = (copy / name).read_text(encoding="utf-8")
    assert source.count(old) == 1
    (copy / name).write_text(source.replace(old, new), encoding="utf-8")
    return edition_of(copy)


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("model.py", "clothing: Text | None", "clothing: Line | None"),
        ("model.py", "    clothing: Text | None = None\n", ""),
        ("doubts.py", "[0-9]{1,8}", "[0-9]{1,7}"),
        ("services.py", '"Fraud", modelled=False', '"Fraud"'),
        ("wire.py", '"formVersion": "formVersion"', '"formRelease": "formVersion"'),
    ],
)
def test_a_field_or_rule_that_changes_makes_another_edition(tmp_path: Path, module: str, old: str, new: str) -> None:
    assert _changed(tmp_path, module, old, new) != EDITION


def test_another_version_of_a_library_makes_another_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PROJECT / "hub" / "reports"
    assert edition_of(folder) == EDITION
    monkeypatch.setattr("pydantic.VERSION", "2.999")
    assert edition_of(folder) != EDITION


def test_every_process_of_the_same_code_is_of_the_same_edition() -> None:
    shows = [sys.executable, "-c", "from hub.reports.edition import EDITION; print(EDITION)"]
    told = subprocess.run(shows, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == EDITION
