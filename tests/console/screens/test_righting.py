"""What is put right over the screens: seen for a reason, amended, released; and all of it in the history."""

import orjson
import pytest

from hub.ledger.audit import verify
from hub.ledger.choosing import Wanted
from hub.ledger.trace import trace
from hub.steps import operate
from hub.steps.reconcile import discrepancies
from tests.console.screens.conftest import NAME, Browser, Served

FAULT = "/digitalReport/people/0/dateOfBirth"


def _steps(served: Served) -> list[tuple[str, str, str, str | None]]:
    (one,) = trace(served.office.ledger, "#1")
    return [(step.action, step.what, step.actor, step.reason) for step in one.steps]


def _views(browser: Browser) -> str:
    return browser.follows(browser.sends("/reports/1", "/reports/1/view", reason="to-correct-it")).text


def test_values_are_shown_for_a_reason_alone_and_the_history_has_it_first(served: Served) -> None:
    browser = served.signed_in()
    assert browser.follows(browser.get("/reports/1/values")).text.count(NAME) == 0
    refused = browser.sends("/reports/1", "/reports/1/view", reason="out-of-interest")
    assert (refused.status_code, "Choose why you have to see what it says." in refused.text) == (422, True)
    assert len(_steps(served)) == 1
    page = _views(browser)
    assert _steps(served)[1:] == [("view", "quarantined → quarantined", "alice (serve)", "to-correct-it")]
    assert NAME in page
    assert f'value="{FAULT}"' in page
    assert "1980-02-31</textarea>" in page
    browser.get("/reports/1/values")
    assert len(_steps(served)) == 2
    assert served.signed_in().get("/reports/1/values").headers["location"] == "/reports/1"
    served.clockwork.now += 15 * 60
    assert browser.get("/reports/1/values").headers["location"] == "/reports/1"


def test_what_does_not_wait_for_a_person_is_shown_to_nobody(served: Served) -> None:
    browser = served.signed_in()
    answer = browser.sends("/worklist", "/reports/2/view", reason="to-correct-it")
    assert (answer.status_code, "is not one report in quarantine" in answer.text) == (422, True)
    assert browser.sends("/worklist", "/reports/99/view", reason="to-correct-it").status_code == 404


def test_a_value_is_corrected_the_original_kept_and_the_report_let_go(served: Served) -> None:
    browser = served.signed_in()
    _views(browser)
    done = browser.sends(
        "/reports/1/values",
        "/reports/1/amend",
        version="1",
        pointer=[FAULT, ""],
        value=["1980-02-28", ""],
        reason="person-corrected",
        release="yes",
    )
    assert "Amended, and released: it goes with the next pass." in browser.follows(done).text
    assert _steps(served)[2:] == [
        ("amend", "quarantined → quarantined", "alice (serve)", "person-corrected"),
        ("release", "quarantined → waiting", "alice (serve)", "person-corrected"),
    ]
    assert "Amended" not in browser.get("/reports/1").text
    assert discrepancies(served.office.ledger, served.office.registry, served.office.clock) == []
    assert verify(served.office.ledger).sound


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pointer": FAULT, "value": "1980-02-31"}, "Nothing is different yet"),
        ({"pointer": FAULT, "value": "1980-02-30"}, "it could not be read then"),
        ({"pointer": "people.dateOfBirth", "value": "x"}, "A path begins with /"),
        ({"pointer": "/submissionId", "value": "another"}, "submissionId cannot be amended"),
        ({"pointer": "/forceIdentifier", "value": "46"}, "re-route the report to the other force"),
        ({"pointer": "/digitalReport/nowhere/at/all", "value": "x"}, "operation 1 does not fit"),
        ({"patch": "no JSON"}, "the amendment cannot be read"),
        ({"pointer": FAULT, "value": "1980-02-28", "version": "7"}, "another operator amended it meanwhile"),
        ({"pointer": FAULT, "value": "1980-02-28", "reason": ""}, "Choose who said what the value should be."),
    ],
)
def test_a_correction_that_cannot_be_taken_is_said_and_what_was_entered_stays(
    served: Served, fields: dict[str, str], sentence: str
) -> None:
    browser = served.signed_in()
    _views(browser)
    answer = browser.sends("/reports/1/values", "/reports/1/amend", **{"version": "1", "reason": "person-corrected"} | fields)
    assert answer.status_code == 422
    assert sentence in answer.text.replace("&#39;", "'")
    assert "<title>Error: " in answer.text
    assert all(value in answer.text for name, value in fields.items() if name in ("pointer", "value", "patch"))
    assert len(_steps(served)) == 2


def test_a_patch_corrects_too_and_without_a_viewing_nothing_does(served: Served) -> None:
    browser = served.signed_in()
    patch = orjson.dumps([{"op": "replace", "path": FAULT, "value": "1980-02-28"}]).decode()
    form = {"version": "1", "patch": patch, "reason": "person-corrected"}
    assert "The viewing is over" in browser.follows(browser.sends("/reports/1", "/reports/1/amend", **form)).text
    _views(browser)
    assert (
        "Amended. The original is kept beside it." in browser.follows(browser.sends("/reports/1/values", "/reports/1/amend", **form)).text
    )
    assert "Version 2" in browser.get("/reports/1/values").text
    released = browser.sends("/reports/1", "/reports/1/release", reason="report-amended")
    assert "Released: it is checked and mapped anew with the next pass." in browser.follows(released).text


def test_what_cannot_be_released_says_why(served: Served) -> None:
    browser = served.signed_in()
    answer = browser.sends("/reports/1", "/reports/1/release", reason="force-agreed")
    assert (answer.status_code, "It can still not be read" in answer.text) == (422, True)
    assert "Choose what was put right." in browser.sends("/reports/1", "/reports/1/release", reason="").text


def test_somebody_takes_what_they_work_on(served: Served) -> None:
    browser = served.signed_in()
    assert (
        "1 taken: the list shows them with your name." in browser.follows(browser.sends("/worklist", "/worklist/take", report=["1"])).text
    )
    assert browser.get("/worklist").text.count("alice (serve)") == 2
    assert "Nothing was chosen." in browser.follows(browser.sends("/worklist", "/worklist/take")).text


def test_a_report_that_left_meanwhile_is_shown_no_more(served: Served) -> None:
    browser = served.signed_in()
    _views(browser)
    token = browser.token("/reports/1/values")
    operate.withdraw(served.office.desk("bob (serve)", "person-asked"), Wanted(("#1",)))
    assert browser.get("/reports/1/values").status_code == 409
    answer = browser.post("/reports/1/amend", token=token, version="1", pointer=FAULT, value="1980-02-28", reason="person-corrected")
    assert (answer.status_code, NAME in answer.text) == (409, False)


def test_a_report_is_found_by_each_of_its_names(served: Served) -> None:
    browser = served.signed_in()
    (one,) = trace(served.office.ledger, "#1")
    for name in ("%231", one.submission_id, one.reference):
        assert browser.get(f"/trace?q={name}").headers["location"] == "/reports/1"
    assert "knows no report and no drop of that name" in browser.get("/trace?q=nobody").text
