"""The account of the checks is exact, and says nothing of what people wrote."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from hub.causes import Code
from hub.mapping.record import Record
from hub.quality import engine
from hub.quality.checks import BrokenCheck, Checks, Finding, Looked, Volume
from hub.quality.engine import Question, Value
from hub.quality.folder import Suites
from hub.reports.model import Report
from hub.reports.services import MODELLED
from hub.words import Cause, Severity
from tests.quality.cases import OF_REPORTS
from tests.quality.conftest import PROJECT
from tests.quality.good import DAY, put, report, without


def found(findings: list[Finding]) -> list[tuple[str, str]]:
    return sorted((finding.key, finding.code) for finding in findings)


def test_each_failing_report_and_rule_is_one_finding_however_they_are_mixed(checks: Checks) -> None:
    rng = Random(2026)
    cases = rng.choices(list(OF_REPORTS.items()), k=400)
    bad = [(code, report(service, spoil)) for code, (service, spoil) in cases[:150]]
    good = [report(service) for _, (service, _) in cases[150:]]
    pooled = [*(one for _, one in bad), *good]
    rng.shuffle(pooled)
    assert found(checks.reports(pooled, DAY)) == sorted((one.submission_id, code) for code, one in bad)


def test_a_finding_says_which_rule_of_which_suite_and_which_field(checks: Checks) -> None:
    one = report("crime", put("incident.occurred_to", "2026-11-20T21:00:00+00:00"))
    assert checks.reports([one], DAY) == [
        Finding(one.submission_id, "incident-ends-before-it-starts", Severity.BLOCK, "report", "incident.occurred_to")
    ]


def test_every_report_of_a_batch_may_fail(checks: Checks) -> None:
    bad = [report("lost-property", put("property", [])) for _ in range(150)]
    assert found(checks.reports(bad, DAY)) == [(one.submission_id, "lost-without-item") for one in bad]


def test_a_report_that_fails_several_rules_has_a_finding_for_each(checks: Checks) -> None:
    one = report("missing-person", without("missing"), put("missing", None), put("people.0.email", "nowhere"))
    codes = [finding.code for finding in checks.reports([one], DAY)]
    assert codes == ["email-malformed", "missing-without-person", "last-seen-unknown", "missing-risk-unknown"]


def test_findings_come_suite_by_suite_and_rule_by_rule_in_the_order_of_the_reports(checks: Checks) -> None:
    first, second = (report("lost-property", put("property", []), put("people.0.email", "nowhere")) for _ in range(2))
    order = [(finding.key, finding.code) for finding in checks.reports([second, first], DAY)]
    assert order == [(one.submission_id, code) for code in ("email-malformed", "lost-without-item") for one in (second, first)]


def test_an_anonymous_report_needs_no_name_no_contact_and_no_date_of_birth(checks: Checks) -> None:
    nameless = put("people.0", {"id": "P1", "roles": ["reporter", "victim"]})
    nobody = put("people", [])
    reports = [
        report("crime", put("anonymous", True), nameless),
        report("crime", put("anonymous", True), nobody, put("vehicles.0.driver_id", None)),
    ]
    assert checks.reports(reports, DAY) == []


def test_the_day_of_the_run_decides_what_lies_in_the_future_and_what_is_too_late(checks: Checks) -> None:
    one = report("road-traffic")
    late, early = DAY.replace(month=12, day=5), DAY.replace(day=20)
    assert [finding.code for finding in checks.reports([one], late)] == ["past-fourteen-days"]
    assert [finding.code for finding in checks.reports([one], early)] == ["submitted-in-future"]


def test_it_is_counted_how_many_each_rule_was_asked_of(checks: Checks) -> None:
    looked: Looked = Counter()
    checks.reports([report("crime"), report("road-traffic"), report("crime", put("anonymous", True))], DAY, looked)
    assert looked["report", "incident-in-future"] == 3
    assert looked["road-traffic", "past-fourteen-days"] == 1
    assert {n for (suite, _), n in looked.items() if suite == "crime"} <= {0, 1, 2}
    assert ("missing-person", "missing-without-person") not in looked


def test_an_incident_may_begin_within_the_hour_after_the_report(checks: Checks) -> None:
    at_once = report("crime", put("incident.occurred_from", "2026-11-21T11:00:00+00:00"), put("incident.occurred_to", None))
    assert checks.reports([at_once], DAY) == []


def test_nothing_to_check_finds_nothing(checks: Checks) -> None:
    assert (checks.reports([], DAY), checks.records("niche-style", []), checks.volumes([])) == ([], [], [])


def test_a_force_of_which_nothing_is_expected_may_bring_nothing(checks: Checks) -> None:
    assert checks.volumes([Volume("kent", 0, 0), Volume("gwent", 0, 0, 0), Volume("essex", 40, 8, 40)]) == []


def test_findings_on_volumes_are_by_force(checks: Checks) -> None:
    rows = [Volume("kent", 0, 0, 40), Volume("gwent", 50, 11, 40), Volume("essex", 50, 1, 40)]
    assert found(checks.volumes(rows)) == [("gwent", "volume-mostly-quarantined"), ("kent", "volume-below-minimum")]


def test_a_profile_without_a_suite_is_refused_and_not_passed(checks: Checks) -> None:
    with pytest.raises(BrokenCheck, match=r"no suite profiles/storm-style\.yaml; there are athena-style, .*red-sigma-style"):
        checks.records("storm-style", [])


def test_every_code_has_what_an_operator_must_know(checks: Checks, suites: Suites) -> None:
    assert checks.codes["no-contact"] == Code(
        "no-contact",
        Cause.CHECK,
        "The reporter is not anonymous and has neither phone, email nor address.",
        "Find a way to contact in the text, amend and release; or mark it anonymous.",
    )
    assert list(checks.codes) == [rule.code for _, rule in suites.rules()]


def test_what_was_rehearsed_is_not_asked_about_but_for_texts_and_pairs(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_KNOWN", {})
    checks.rehearse()
    asked: list[Question] = []
    ask = engine._failing

    def noted(new: Mapping[Question, Collection[Value]]) -> dict[Question, frozenset[Value]]:
        asked.extend(one for one in new if new[one])
        return ask(new)

    monkeypatch.setattr(engine, "_failing", noted)
    assert checks.reports([report(service) for service in sorted(MODELLED)], DAY) == []
    assert asked
    assert [one for one in asked if one.is_between_numbers or one.of_absence] == []


def test_threads_do_not_mix_their_reports(checks: Checks) -> None:
    batches = [[report("lost-property", put("property", [])) for _ in range(20)] for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda batch: found(checks.reports(batch, DAY)), batches))
    assert answers == [[(one.submission_id, "lost-without-item") for one in batch] for batch in batches]


def test_no_value_of_a_report_or_record_is_in_a_finding_a_log_line_or_on_the_screen(
    checks: Checks, record_of: Callable[[str, Report], Record], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = "CANARY7"
    spoils = [put("people.0.email", canary), put("people.2.address.postcode", canary), put("previous_reference", canary)]
    one = report("crime", *spoils, put("incident.description", canary), put("text", f"OFFICIAL\n{canary}"))
    records = [record_of(profile, one) for profile in ("athena-style", "niche-style")]
    with caplog.at_level(0):
        findings = [*checks.reports([one], DAY), *checks.records("athena-style", records[:1]), *checks.records("niche-style", records[1:])]
    screen = capfd.readouterr()
    assert [finding.code for finding in findings] == [
        "postcode-malformed",
        "email-malformed",
        "text-too-short",
        "crime-without-description",
    ]
    assert canary not in f"{findings}{caplog.text}{screen.out}{screen.err}"
    assert screen.err == ""  # no progress bars


def test_suites_are_read_without_great_expectations_and_pandas() -> None:
    assert run_alone("Checks.load(Path('expectations')); print({'great_expectations', 'pandas', 'numpy'} & set(sys.modules))") == "set()\n"


def test_great_expectations_is_warmed_up_with_its_telemetry_off_and_without_a_connection() -> None:
    script = """
met = []
sys.addaudithook(lambda event, _: met.append(event) if event in ("socket.connect", "socket.getaddrinfo") else None)
warm_up()
print("great_expectations" in sys.modules, os.environ["GX_ANALYTICS_ENABLED"])
print({"altair.vegalite", "jsonschema.validators", "scipy.stats._distn_infrastructure"} & set(sys.modules))
checks = Checks.load(Path("expectations"))
print([finding.code for finding in checks.volumes([Volume("kent", 0, 0, 40)])], met)
"""
    assert run_alone(script) == "True false\nset()\n['volume-below-minimum'] []\n"


def run_alone(script: str) -> str:
    """What a script writes in a process of its own, in which nothing was imported before."""
    imports = "import os, sys\nfrom pathlib import Path\nfrom hub.quality.checks import Checks, Volume, warm_up\n"
    done = subprocess.run([sys.executable, "-c", imports + script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout
