"""`soh-hub serve` as a process of its own, over the day with planted trouble."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from console.screens.passwords import line_for
from hub.settings import PROJECT, Settings
from tests.planted.day import MORNING

_PATIENCE = 90_000  # milliseconds
NAME, PASSWORD = "alice", "correct horse battery"


@dataclass(frozen=True)
class Screens:
    """Where the screens are."""

    url: str

    def sign_in(self, page: Page) -> None:
        page.set_default_timeout(_PATIENCE)  # the first page after a start imports what draws charts
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("Name").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/")


@contextmanager
def screens(settings: Settings, folder: Path) -> Iterator[Screens]:
    """The screens at 08:00 of the next day, until the block ends."""
    (folder / "passwords").write_text(line_for(NAME, PASSWORD), encoding="utf-8")
    command = [sys.executable, "-m", "console.main", "serve", "--port", "0", "--at", MORNING.now().isoformat()]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
    own = {"HUB_HOME": settings.home, "HUB_MAPPINGS": settings.mappings, "HUB_ENDPOINTS": settings.endpoints, "HUB_KEYS": settings.keys}
    environment = plain | {name: str(value) for name, value in own.items()} | {"HUB_SERVE_PASSWORDS": f"file:{folder / 'passwords'}"}
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        ready = process.stdout.readline()
        assert ready.startswith("ready: "), "soh-hub serve ended; the reason stands above"
        yield Screens(ready.split()[-1])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
