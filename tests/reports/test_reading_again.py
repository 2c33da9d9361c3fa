"""Two readers of one model, and what was clean read again: the same report to the last detail, and nothing of it for anything else."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, given, settings
from msgspec import to_builtins
from msgspec.structs import asdict

from hub.reports.edition import EDITION, edition_of
from hub.reports.model import Part
from hub.reports.parsing import loads
from hub.reports.reader import Unreadable, _patiently, read, read_again
from hub.reports.services import SERVICES
from hub.reports.wire import flatten
from hub.settings import PROJECT
from hub.workbench.specimens import specimens
from tests.hostile.borders import bytes_of
from tests.hostile.cases import cases
from tests.mapping.generated import submissions as sample
from tests.reports.made import as_sent, submissions
from tests.reports.submissions import CLEAN, SKELETON, having, spoilt

OLDER = "0" * 16


def told(part: Any) -> Any:
    """All that can be told of a value: its type, and what it looks like."""
    if isinstance(part, Part):
        return type(part), [(name, told(value)) for name, value in asdict(part).items()]
    if isinstance(part, list):
        return [told(each) for each in part]
    return type(part), repr(part)


def is_same_again(body: bytes) -> bool:
    """Whether the body was clean; if so it was read again, and once with patience, and the report was the same."""
    first = read(body)
    if first.clean_by is None:
        return False
    again = read_again(body, first.clean_by)
    assert again == first
    patiently = _patiently(flatten(loads(body)))
    assert patiently.signals == ()
    for other in (again.report, patiently.report):
        assert told(other) == told(first.report)
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
    flat = [to_builtins(report) for report in reports]
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


@pytest.mark.parametrize("sum_of_money", [450.0, 450, 450.5, 1e2, 0.1, -0.0])
def test_a_sum_of_money_may_be_a_number_and_is_never_read_in_haste(sum_of_money: float) -> None:
    """`450.0` is `Decimal("450")` to one reader, and `Decimal("450.0")` to the other."""
    found = read(having("digitalReport.property.0.value", sum_of_money))
    assert (found.clean_by, found.signals) == (None, ())
    assert [item.value for item in found.report.property][:1] == [Decimal(str(sum_of_money))]


@pytest.mark.parametrize(
    ("written", "microseconds"), [(".1234567", 123456), (".999999999", 999999), (",5", 500000), (".25", 250000), ("", 0)]
)
def test_what_is_less_than_a_microsecond_is_cut_off_and_never_rounded(written: str, microseconds: int) -> None:
    found = read(having("submitTime", f"2026-11-21T23:59:59{written}Z"))
    assert found.report.submitted_at == datetime(2026, 11, 21, 23, 59, 59, microseconds, tzinfo=UTC)
    assert found.signals == ()


@pytest.mark.parametrize(("path", "value"), [("forceIdentifier", "46\n"), ("digitalReport.people.0.id", "P1\n")])
def test_a_line_break_after_what_has_a_pattern_belongs_to_it(path: str, value: str) -> None:
    with pytest.raises(Unreadable):
        read(having(path, value))


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


SUMS = [("digitalReport.property.0.value", value) for value in ("-5", "NaN", "Infinity", "123456789.12", "1.234", "1E+2")]


@pytest.mark.parametrize(
    ("path", "value"), [("digitalReport.people.0.gender", "GNDR_0007"), ("digitalReport.starSign", "Aries"), ("category", "ZZZ"), *SUMS]
)
def test_the_model_holds_even_where_the_word_is_wrong(path: str, value: str) -> None:
    body = having(path, value)
    with pytest.raises(Unreadable) as first:
        read(body)
    with pytest.raises(Unreadable) as again:
        read_again(body, EDITION)
    assert (again.value.code, again.value.where, again.value.envelope) == (first.value.code, first.value.where, first.value.envelope)


def test_what_is_no_submission_at_all_is_refused_whoever_found_it_clean() -> None:
    for body in (b"", b"[]", b"{}", b"[" * 260 + b"]" * 260, spoilt(lambda wire: wire.pop("submissionId"))):
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
        ("submission.py", "[0-9]{1,8}", "[0-9]{1,7}"),
        ("services.py", '"Fraud", modelled=False', '"Fraud"'),
        ("submission.py", '"formVersion": "formVersion"', '"formRelease": "formVersion"'),
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
