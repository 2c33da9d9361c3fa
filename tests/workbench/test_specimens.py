"""Specimens: made-up reports that between them try everything a mapping can meet."""

from collections import Counter

from msgspec.structs import fields

from hub.reports.model import Report
from hub.reports.paths import Kind, every, every_leaf, find, report_paths
from hub.reports.services import MODELLED, SERVICES
from hub.workbench.specimens import LONGEST, bare, crowd, full, specimens

ALL = list(specimens())


def test_they_are_the_same_every_time_and_each_has_an_id_of_its_own() -> None:
    assert [one.report for one in specimens()] == [one.report for one in ALL]
    assert len({one.report.submission_id for one in ALL}) == len(ALL)


def test_every_service_is_tried_full_and_bare() -> None:
    kinds = Counter((one.report.service, one.kind) for one in ALL)
    assert {service for service in SERVICES if kinds[service, "full"] and kinds[service, "bare"]} == set(SERVICES)


def test_every_code_of_every_field_comes() -> None:
    for leaf in every_leaf():
        if leaf.kind is not Kind.CODE or not leaf.codes:
            continue
        way = find(report_paths(), leaf.path)
        assert way
        seen = {value for one in ALL for value in _values(one.report, leaf.path) if value is not None}
        assert seen == set(leaf.codes), leaf.path


def _values(report: Report, path: str) -> list[object]:
    way = find(report_paths(), path)
    assert way
    found = every(way)(report) if len(way.steps) > 1 or way.many else [getattr(report, path)]
    return list(found or [])


def test_a_full_report_of_a_modelled_service_leaves_no_field_empty() -> None:
    for service in MODELLED:
        empty = [leaf.path for leaf in every_leaf() if not [value for value in _values(full(service), leaf.path) if value is not None]]
        assert empty == [], service


def test_a_service_that_is_not_modelled_comes_with_its_reporter_alone() -> None:
    report = full("fraud")
    assert ([person.roles[0] for person in report.people], report.incident, report.locations) == (["reporter"], None, [])


def test_a_crowd_has_every_role_and_a_skeletons_is_of_reporters() -> None:
    assert len({role for person in crowd("crime").people for role in person.roles}) == 10
    assert {role for person in crowd("fraud").people for role in person.roles} == {"reporter"}


def test_texts_are_as_long_as_the_model_allows_and_have_welsh_letters() -> None:
    person = full("crime").people[0]
    assert (len(person.family_name or ""), len(person.safe_contact or "")) == (35, 4000)
    assert {"Ŵ", "ŷ", "â"} <= set(person.family_name or "")
    assert max(len(one.report.text) for one in ALL) == LONGEST


def test_a_bare_report_has_nothing_that_may_be_absent() -> None:
    report = bare("crime")
    said = {one.name for one in fields(Report) if getattr(report, one.name) not in (one.default, [])}
    assert said == {
        "submission_id", "reference", "force_code", "service", "category", "submitted_at", "marking", "text", "anonymous", "people",
    }  # fmt: skip
