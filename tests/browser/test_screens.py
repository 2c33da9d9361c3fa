"""The screens in a real browser, on a morning after a day with planted trouble."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from adapters.ledgers import open_ledger
from flows.wiring import open_hub
from hub.ledger.trace import trace
from hub.settings import Settings
from sandbox.stand_ins import StandIns
from tests.browser.conftest import stand_ins
from tests.browser.looking import complaints, hard_to_read, overflow, walk
from tests.browser.served import Screens, screens
from tests.planted.day import DOWN, MORNING, QUARANTINED, REJECTING, SENT, plant
from tests.planted.passes import one_pass
from tests.servers.chromium import browsing

__all__ = ["stand_ins"]

CHARTS = ["Reports each day", "Reports of each service", "Time from submission to delivery", "In quarantine by cause and age"]
TROUBLES = {
    "Down: the far end does not answer": "Cumbria Constabulary 3 wait",
    "Silent: fewer reports than expected": "Gwent Police 0 at least 10 are expected",
    "Rejecting reports": "Essex Police 1 5.0% of those answered",
    "In quarantine for too long": "Dorset Police 40 incident-in-future 40",
    "In quarantine": "Dorset Police 40",
}
PAGES = ("/", "/pages/2026-11-22.html", "/pages/2026-11.html", f"/pages/2026-11-22/{DOWN}.html", f"/pages/now/{REJECTING}.html")
LISTS = ("/checks/2026-11-22", "/worklist", f"/worklist?force={QUARANTINED}", "/trace", "/trace?q=nobody", "/programme", "/nowhere")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, stand_ins: StandIns) -> Settings:
    return plant(tmp_path_factory.mktemp("planted"), stand_ins, one_pass)


@pytest.fixture(scope="module")
def served(planted: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screens]:
    with screens(planted, tmp_path_factory.mktemp("served")) as running:
        yield running


def _is_good(page: Page) -> None:
    assert complaints(page) == []
    assert hard_to_read(page) == []
    assert overflow(page) == 0
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert page.title()


def _open_one(page: Page, served: Screens, force: str) -> None:
    page.goto(f"{served.url}/worklist?force={force}")
    page.locator("tbody a").first.click()


def _views(page: Page) -> None:
    page.get_by_label("Why you have to see it").select_option("to-correct-it")
    page.get_by_role("button", name="See and correct").click()
    page.wait_for_url("**/values")


def test_no_screen_has_a_barrier_or_asks_another_machine(served: Screens) -> None:
    with browsing() as page:
        told: list[str] = []
        page.on("console", lambda message: None if "Failed to load resource" in message.text else told.append(message.text))
        page.goto(f"{served.url}/sign-in")
        _is_good(page)
        page.get_by_label("Name").fill("alice")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("The name or the password is not right.")
        _is_good(page)
        served.sign_in(page)
        for path in (*PAGES, *LISTS):
            page.goto(served.url + path)
            _is_good(page)
        assert told == []  # the policy let everything of the page through, and nothing else was tried


def test_no_screen_that_puts_right_has_a_barrier(served: Screens) -> None:
    with browsing() as page:
        served.sign_in(page)
        _open_one(page, served, REJECTING)
        _is_good(page)
        page.get_by_role("button", name="See and correct").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose why you have to see what it says.")
        _is_good(page)
        _views(page)
        _is_good(page)
        page.get_by_role("button", name="Amend").click()
        expect(page.get_by_role("alert")).to_be_visible()
        _is_good(page)
        page.get_by_role("alert").get_by_role("link").first.click()
        assert page.evaluate("document.activeElement.id") in ("reason", "corrections")


def test_each_trouble_is_on_the_first_screen_and_the_forces_beside_it(served: Screens) -> None:
    with browsing() as page:
        served.sign_in(page)
        for path in PAGES[:2]:
            page.goto(served.url + path)
            for title, words in TROUBLES.items():
                trouble = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title, exact=True))
                expect(trouble).to_contain_text(words)
                box = trouble.bounding_box()
                assert box
                assert box["y"] + box["height"] <= 800
            assert page.locator("#map a").count() == 44
            for name in (
                "Cumbria Constabulary: down, 3 reports",
                "Gwent Police: needs a person, 0 reports",
                "Essex Police: needs a person, 20",
            ):
                expect(page.get_by_role("link", name=name)).to_be_in_viewport()
            for title in CHARTS:
                assert page.get_by_role("region", name=title, exact=True).locator("svg text").count() >= 2
        page.get_by_role("link", name="Essex Police: needs a person, 20 reports").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Essex Police, Sunday 22 November 2026")


def test_check_results_say_what_was_looked_at_and_what_failed_by_force(served: Screens) -> None:
    with browsing() as page:
        served.sign_in(page)
        page.goto(f"{served.url}/checks/2026-11-22")
        row = page.get_by_role("row").filter(has_text="incident-in-future")
        total = sum(SENT.values())
        expect(row).to_contain_text(f"block {total} 40 {40 / total:.1%} Dorset Police 40", use_inner_text=True)


def test_a_day_is_printed_with_its_troubles_and_every_chart(served: Screens) -> None:
    with browsing() as page:
        served.sign_in(page)
        page.goto(f"{served.url}/pages/2026-11-22.html")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 703, "height": 1000})
        assert overflow(page) == 0
        document = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    text = " ".join(" ".join(sheet.extract_text() for sheet in document.pages).split())
    for words in ("Sunday 22 November 2026", *TROUBLES, *CHARTS, "Cumbria Constabulary 3 wait", "In quarantine for too long"):
        assert words in text
    assert "Sign out" not in text


def test_a_report_is_corrected_and_let_go_by_the_keyboard_alone_and_the_force_accepts_it(served: Screens, planted: Settings) -> None:
    with browsing() as page:
        served.sign_in(page)
        page.goto(f"{served.url}/worklist?force={QUARANTINED}")
        reached = walk(page)
        assert reached[0] == "A Skip to the content"
        assert {"BUTTON Sign out", "SELECT force", "BUTTON Show", "BUTTON I work on those that are ticked"} <= set(reached)
        name = page.locator("tbody a").first.inner_text()
        page.locator("tbody a").first.focus()
        page.keyboard.press("Enter")
        page.get_by_label("Why you have to see it").focus()
        page.keyboard.type("to correct")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/values")
        assert len(walk(page)) > 20
        for label, text in (("Value 1", "2026-11-20T22:00:00+00:00"), ("Path 2", "/digitalReport/incident/occurredTo")):
            page.get_by_label(label, exact=False).first.focus()
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
        page.keyboard.press("Tab")
        page.keyboard.type("2026-11-20T23:00:00+00:00")
        page.get_by_label("Who said what the value should be").focus()
        page.keyboard.type("person")
        page.keyboard.press("Tab")  # to let it go as well is ticked
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/reports/*")
        expect(page.get_by_role("status")).to_contain_text("Amended, and released: it goes with the next pass.")
    hub = open_hub(planted, MORNING)
    one_pass(hub, None)
    hub.close()
    ledger = open_ledger(planted)
    (one,) = trace(ledger, name)
    ledger.close()
    assert one.states == {"records-system": "accepted"}
    acts = [(step.action, step.actor, step.reason) for step in one.steps if step.actor != "hub"]
    who = "alice (serve)"
    assert acts == [("view", who, "to-correct-it"), ("amend", who, "person-corrected"), ("release", who, "person-corrected")]
