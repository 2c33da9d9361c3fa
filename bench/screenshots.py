"""The pictures of the guide, from a hub that runs: `python -m bench.screenshots docs/pictures`.

A national day is carried to stand-ins, then looked at in Chromium, in Prefect's UI and in the hub's own screens. Nothing of it is
anybody's: the people are made up. It takes some minutes.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page

from console.screens.passwords import line_for
from hub.settings import PROJECT
from tests.servers.chromium import browsing

LARGEST = 150_000  # bytes of a picture
REPORTS = 1_500
NAME, PASSWORD = "alex", "a password of these pictures"


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where to")
    parser.add_argument("--reports", type=int, default=REPORTS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="hub-pictures-") as home, _demo(Path(home), given.reports) as environment, browsing() as page:
        page.set_default_timeout(120_000)
        _of_prefect(page, environment["PREFECT_API_URL"].removesuffix("/api"), given.folder)
        with _screens(Path(home), environment) as url:
            _of_screens(page, url, given.folder)


@contextmanager
def _demo(home: Path, reports: int) -> Iterator[dict[str, str]]:
    """A national day that was carried, with its Prefect server; gives the environment of a process that is to use it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
    command = [sys.executable, "-m", "console.main", "demo", "--reports", str(reports)]
    process = subprocess.Popen(command, cwd=PROJECT, env={**plain, "HUB_HOME": str(home)}, stderr=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stderr  # noqa: S101 - it was started with a pipe
        if not any("Ctrl-C ends it" in line for line in process.stderr):
            raise SystemExit("the demo ended; the reason stands above")
        own = home / "demo"
        server = json.loads((own / "prefect" / "server.json").read_text())["api_url"]
        keys = f"file:{own / 'key'}"
        environment = {**plain, "HUB_HOME": str(own), "HUB_KEYS": keys, "PREFECT_API_URL": server, "PREFECT_HOME": str(own / "prefect")}
        apply = [sys.executable, "-m", "console.main", "deployments", "apply"]
        subprocess.run(apply, cwd=PROJECT, env=environment, check=True)  # noqa: S603 - our own command
        yield environment
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def _screens(home: Path, environment: dict[str, str]) -> Iterator[str]:
    (home / "passwords").write_text(line_for(NAME, PASSWORD), encoding="utf-8")
    given = environment | {"HUB_SERVE_PASSWORDS": f"file:{home / 'passwords'}"}
    command = [sys.executable, "-m", "console.main", "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=PROJECT, env=given, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    assert process.stdout  # noqa: S101 - it was started with a pipe
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(20)


def _of_prefect(page: Page, ui: str, folder: Path) -> None:
    page.goto(f"{ui}/runs")
    page.get_by_role("link", name="carry reports").first.wait_for()
    page.wait_for_timeout(2_000)  # the chart above the list is drawn
    _take(page, folder / "passes.png")
    page.get_by_role("link", name="carry reports").first.click()
    page.wait_for_url("**/runs/flow-run/**")
    page.wait_for_timeout(3_000)
    _take(page, folder / "a-pass.png")
    page.goto(f"{ui}/deployments")
    page.get_by_placeholder("Search deployments").fill("release")
    page.get_by_role("link", name="release", exact=True).first.click()
    page.wait_for_url("**/deployment/**")
    page.goto(page.url.split("?")[0] + "/run")
    page.get_by_text("which").first.wait_for()
    page.wait_for_timeout(2_000)
    _take(page, folder / "release-form.png")


def _of_screens(page: Page, url: str, folder: Path) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")
    _take(page, folder / "today.png")
    page.goto(f"{url}/worklist")
    _take(page, folder / "worklist.png")


def _take(page: Page, file: Path) -> None:
    """In so many colours that it stays small."""
    page.screenshot(path=file)
    for colours in (128, 64, 32, 16):
        with Image.open(file) as picture:
            picture.convert("RGB").quantize(colours).save(file, optimize=True)
        if file.stat().st_size < LARGEST:
            return


if __name__ == "__main__":
    main()
