"""The page of a day with planted trouble, in a real browser: what is seen at first, printed, and reached by the keyboard."""

from pathlib import Path

from playwright.sync_api import Page, expect

from hub.pages.page import nation, of_force
from hub.steps.worklist import advice
from tests.pages.conftest import forces, house, mappings, new_file
from tests.pages.planted import REJECTING, planted
from tests.servers.chromium import browsing
from tests.steps.house import House

__all__ = ["forces", "house", "mappings", "new_file"]

CHARTS = ["Reports each day", "Reports of each service", "Time from submission to delivery", "In quarantine by cause and age"]
TROUBLES = {
    "Down: the far end does not answer": "Kent Police 3 wait",
    "Silent: fewer reports than expected": "Gwent 0 at least 10 are expected",
    "Rejecting reports": "Essex Police 1 5.0% of those answered",
    "In quarantine for too long": "Dorset 40",
    "In quarantine": "Dorset 40",
}


def _written(house: House, folder: Path) -> Path:
    gathered, words = planted(house), advice(None)
    (folder / "2026-11-22").mkdir()
    (folder / "2026-11-22.html").write_text(nation(gathered, words), encoding="utf-8")
    (folder / "2026-11-22" / f"{REJECTING}.html").write_text(of_force(gathered, REJECTING, words), encoding="utf-8")
    return folder / "2026-11-22.html"


def _sees_every_trouble(page: Page) -> None:
    """On the first screen, without scrolling; and on the map, by its words and its sign."""
    for title, words in TROUBLES.items():
        trouble = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title, exact=True))
        expect(trouble).to_contain_text(words)
        box = trouble.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
    assert page.locator("#map a").count() == 44
    expect(page.get_by_role("link", name="Kent Police: down, 3 reports")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Kent Police: down, 3 reports")).to_contain_text("✕")


def _sees_every_chart(page: Page) -> None:
    for title in CHARTS:
        section = page.get_by_role("region", name=title, exact=True)
        section.get_by_role("img").scroll_into_view_if_needed()
        assert section.locator("svg text").count() >= 2
        section.locator("summary").click()
        expect(section.get_by_role("table")).to_be_visible()


def _overflow(page: Page) -> int:
    """Pixels by which anything stands out of the page at the right."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def _walks_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator("#troubles").get_by_role("link", name="Kent Police")).to_be_focused()
    page.locator("#map a").filter(has_text="ESSEX").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Essex Police, Sunday 22 November 2026")


def _printed(page: Page) -> bytes:
    """On A4, as wide as the paper within its margins (186 mm)."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})
    assert _overflow(page) == 0
    return page.pdf(prefer_css_page_size=True)


def test_each_trouble_is_on_the_first_screen_every_chart_is_there_and_the_page_prints(house: House, tmp_path: Path) -> None:
    file = _written(house, tmp_path)
    with browsing() as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        assert asked == [file.as_uri()]
        assert _overflow(page) == 0
        _sees_every_trouble(page)
        _walks_by_keyboard(page)
        assert _overflow(page) == 0
        page.go_back()
        _sees_every_chart(page)
        assert _printed(page).startswith(b"%PDF")
        assert complaints == []
