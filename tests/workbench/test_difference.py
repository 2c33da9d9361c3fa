"""Differences between two mappings: counted target by target, also where a report becomes unmappable."""

from datetime import date
from pathlib import Path

import pytest

from hub.forces.force import Route
from hub.forces.registry import Registry
from hub.workbench.difference import NOT_MAPPABLE, difference, settings_changed
from hub.workbench.specimens import specimens
from tests.forces.conftest import DATA

DAY = date(2026, 11, 22)


def kent(mappings: Path, old: str = "", new: str = "") -> Route:
    path = mappings / "forces" / "kent.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    registry = Registry.load(mappings)
    assert dict(registry.broken) == {}
    return registry.forces["kent"].routes[0]


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(DATA / "mappings", tmp_path / "mappings"))


def test_the_same_mapping_differs_in_nothing(mappings: Path) -> None:
    found = difference(kent(mappings), kent(mappings), (one.report for one in specimens()), DAY)
    assert (found.reports, found.touched, found.counts, found.signals) == (len(list(specimens())), 0, {}, {})


def test_a_report_that_would_now_be_quarantined_is_counted_as_that(mappings: Path) -> None:
    before, after = kent(mappings), kent(mappings, "persons/SURNAME: {max: 5}", "persons/SURNAME: {max: 5, required: true}")
    found = difference(before, after, [one.report for one in specimens() if one.kind == "bare"], DAY)
    assert found.counts[NOT_MAPPABLE, "new"] == found.touched == found.reports
    assert {one.after for one in found.examples[NOT_MAPPABLE, "new"]} == {"required-missing at persons/SURNAME"}


def test_a_signal_that_is_new_is_counted_beside_the_value_that_changed(mappings: Path) -> None:
    before, after = kent(mappings), kent(mappings, "overrides:\n", "overrides:\n      incidents/REFERENCE: {max: 4}\n")
    found = difference(before, after, [one.report for one in specimens() if one.kind == "bare"], DAY)
    assert found.signals == {("truncated", "incidents/REFERENCE", 1): found.reports}
    assert found.counts == {("incidents/REFERENCE", "changed"): found.reports}
    assert {(one.before, one.after) for one in found.examples["incidents/REFERENCE", "changed"]} == {("SOH-26-000001", "SOH-")}
    assert difference(after, before, [one.report for one in specimens() if one.kind == "bare"], DAY).signals == {
        ("truncated", "incidents/REFERENCE", -1): found.reports
    }


def test_settings_beside_the_mapping_are_compared(mappings: Path) -> None:
    before, after = kent(mappings), kent(mappings, 'format: {delimiter: ";"}', 'format: {delimiter: "|"}')
    assert settings_changed(before, after) == {"format.delimiter": (";", "|")}
