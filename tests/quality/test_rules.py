"""Every rule of every suite fails where it must, and holds where nothing is amiss."""

import pytest

from hub.quality.checks import Checks
from hub.quality.folder import Suites
from hub.reports.services import SERVICES
from tests.quality.cases import OF_RECORDS, OF_REPORTS, OF_VOLUMES
from tests.quality.conftest import Judged


def test_every_rule_has_a_case(suites: Suites) -> None:
    assert sorted(rule.code for _, rule in suites.rules()) == sorted([*OF_REPORTS, *OF_RECORDS, *OF_VOLUMES])


@pytest.mark.parametrize("code", OF_REPORTS)
def test_a_report_fails_only_the_rule_that_it_was_spoilt_for(code: str, judged_reports: Judged) -> None:
    assert judged_reports.spoilt[code] == [code]


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_amiss_with_a_good_report(service: str, judged_reports: Judged) -> None:
    assert judged_reports.good[service] == []


@pytest.mark.parametrize("code", OF_RECORDS)
def test_a_record_fails_only_the_rule_that_it_was_spoilt_for(code: str, judged_records: Judged) -> None:
    assert judged_records.spoilt[code] == [code]


def test_nothing_is_amiss_with_the_records_that_the_profiles_make_of_good_reports(judged_records: Judged) -> None:
    assert {name: codes for name, codes in judged_records.good.items() if codes} == {}
    assert len(judged_records.good) == 6 * len(SERVICES)


@pytest.mark.parametrize("code", OF_VOLUMES)
def test_a_volume_fails_only_the_rule_that_it_was_made_for(code: str, checks: Checks) -> None:
    row = OF_VOLUMES[code]
    assert [(finding.key, finding.code) for finding in checks.volumes([row])] == [(row.force, code)]
