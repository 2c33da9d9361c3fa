"""A real browser for the tests that judge what a person sees: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

_QUIET = [  # it would look for updates and its maker's hosts; as root it runs only without its sandbox
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = 15_000  # milliseconds
_OURS = ("http://127.0.0.1:", "http://localhost:", "ws://127.0.0.1:", "file:", "data:", "blob:", "about:")


@contextmanager
def browsing() -> Iterator[Page]:
    """An empty page on an operator's screen. Fails where the page asked anything of another machine.

    Playwright keeps an event loop running in the thread that it was begun in, until the end: run no flow within.
    """
    found = shutil.which("chromium")
    assert found, "these tests need Chromium: run scripts/servers"
    left: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(_PATIENCE)
        page.on("request", lambda request: None if request.url.startswith(_OURS) else left.append(request.url))
        yield page
        browser.close()
    assert left == []
