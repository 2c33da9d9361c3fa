"""The screens on a real server of this process, over a ledger with two reports: one in quarantine, one that waits."""

import hashlib
import re
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import pytest
import uvicorn

from adapters.keys import DEMO
from adapters.ledgers import open_ledger
from console.screens.app import Keys, make_app
from console.screens.doors import Doors
from console.screens.office import Office
from console.screens.passwords import Hashed
from hub.clock import Clock
from hub.settings import Settings
from hub.steps.pick_up import pick_up
from tests.end_to_end.intake import crime
from tests.flows.conftest import AT
from tests.ledger.ledgers import new_file
from tests.steps.conftest import mappings
from tests.steps.fakes import ListSource
from tests.steps.house import brought

__all__ = ["mappings", "new_file"]

PASSWORD, PROXY, METRICS = "correct horse battery", "the proxy's own secret", "a token for Prometheus"
_SALT = b"of these tests"
_KEY = hashlib.scrypt(PASSWORD.encode(), salt=_SALT, n=2**14, r=8, p=1, dklen=32)
LINE = f"alice {Hashed(2**14, 8, 1, _SALT, _KEY)}"  # the least cost that is taken
NAME = "Prŷs-Example"  # in the report, and on no screen before somebody says why
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing here speaks it: httpx would read all authorities for each browser


@dataclass
class Clockwork:
    """A clock of sessions that a test sets."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Served:
    """The screens, and what stands behind them."""

    url: str
    office: Office
    clockwork: Clockwork
    reference: str  # of the report in quarantine, which is arrival 1
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self, **headers: str) -> "Browser":
        client = httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=_NO_TLS)
        self.browsers.append(client)
        return Browser(client)

    def signed_in(self) -> "Browser":
        browser = self.browser()
        assert browser.post("/sign-in", name="alice", password=PASSWORD).status_code == 303
        return browser


@dataclass
class Browser:
    """Somebody's browser, as far as forms go."""

    client: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """What a form sends that does not carry the session's token."""
        return self.client.post(path, data=fields)

    def sends(self, form_on: str, path: str, **fields: str | list[str]) -> httpx.Response:
        """Opens a page, fills in its form and sends it."""
        return self.post(path, token=self.token(form_on), **fields)

    def token(self, page: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get(page).text)
        assert found
        return found[1]

    def follows(self, answer: httpx.Response) -> httpx.Response:
        """Where it is sent on to."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])


@pytest.fixture
def served(tmp_path: Path, new_file: Path, mappings: Path) -> Iterator[Served]:
    wrong, waits = crime("42"), crime("46")
    wrong["digitalReport"]["people"][0]["dateOfBirth"] = "1980-02-31"
    (tmp_path / "home").mkdir()
    shutil.copy(new_file, tmp_path / "home" / "ledger.db")
    settings = Settings.read({"HUB_HOME": str(tmp_path / "home"), "HUB_MAPPINGS": str(mappings), "HUB_KEYS": DEMO})
    ledger = open_ledger(settings)
    office = Office(settings, ledger, Clock.at(AT))
    arriving = ListSource([brought(orjson.dumps(wire), f"{name}.json") for name, wire in (("wrong", wrong), ("waits", waits))])
    pick_up(ledger, arriving, office.registry, office.clock)
    clockwork = Clockwork()
    keys = Keys(lambda: LINE, lambda: PROXY, lambda: METRICS)
    with Listening(make_app(office, keys, Doors(clockwork))) as url:
        yield (found := Served(url, office, clockwork, wrong["customerReferenceNumber"]))
        for browser in found.browsers:
            browser.close()
    ledger.close()


class Listening:
    """An application on a port of the loopback, as long as a `with` block lasts."""

    def __init__(self, app: object) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))  # type: ignore[arg-type]  # ASGI
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < until
            time.sleep(0.02)
        return f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
