import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg
import pytest

from flows.server import PrefectServer, ServerUnavailable, settings_named, template
from hub.settings import PROJECT

pytestmark = pytest.mark.xdist_group("prefect")

_STARTS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from flows.server import PrefectServer
print(PrefectServer(Path(sys.argv[1])).start().pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_server_answers_and_shows_its_ui_without_asking_another_host(prefect_server: PrefectServer) -> None:
    with urlopen(prefect_server.ui_url, timeout=10) as page:  # noqa: S310 our own server on loopback
        assert "<title>Prefect" in page.read().decode()
    with urlopen(f"{prefect_server.ui_url}/ui-settings", timeout=10) as settings:  # noqa: S310 as above
        assert f'"api_url":"{prefect_server.api_url}"' in settings.read().decode()


_TOKENS = """
from prefect.settings import get_current_settings
told = get_current_settings()
print(told.client.csrf_support_enabled, told.server.api.csrf_protection_enabled)
"""


def test_clients_ask_no_server_of_ours_for_a_token_that_it_has_not(prefect_server: PrefectServer) -> None:
    unasked = {"PREFECT_HOME": str(prefect_server.home)}
    for environment, said in ((prefect_server.environment, "False False"), (unasked, "True False")):
        mine = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")} | environment
        done = subprocess.run([sys.executable, "-c", _TOKENS], env=mine, cwd=PROJECT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said


_TRUSTED = """
import asyncio, ssl
from prefect.client.orchestration import get_client
made, plain = [], ssl.create_default_context
def noted(*args, **kwargs):
    made.append(plain(*args, **kwargs))
    return made[-1]
ssl.create_default_context = noted
async def ask():
    async with get_client() as client:
        assert (await client.hello()).status_code == 200
asyncio.run(ask())
print(max(one.cert_store_stats()["x509"] for one in made))
"""


def test_clients_of_a_server_of_ours_load_no_authorities_that_they_need_not(prefect_server: PrefectServer) -> None:
    loaded = []
    for unset in ("", "PREFECT_API_SSL_CERT_FILE"):
        given = {name: value for name, value in (os.environ | prefect_server.environment).items() if name != unset}
        done = subprocess.run([sys.executable, "-c", _TRUSTED], env=given, cwd=PROJECT, capture_output=True, text=True, check=True)
        loaded.append(int(done.stdout))
    assert loaded[0] == 1  # nobody
    assert loaded[1] > 10


def test_a_second_one_of_the_same_home_uses_the_first_and_leaves_it_alone(prefect_server: PrefectServer) -> None:
    with PrefectServer(prefect_server.home.parent) as second:
        assert second.wait().api_url == prefect_server.api_url
        assert second.pid is None
    assert prefect_server.wait().pid


def test_clients_of_a_server_from_before_load_what_there_is(prefect_server: PrefectServer) -> None:
    nobody = Path(prefect_server.environment["PREFECT_API_SSL_CERT_FILE"])
    aside = nobody.rename(nobody.with_suffix(".aside"))
    try:
        with PrefectServer(prefect_server.home.parent) as second:
            assert "PREFECT_API_SSL_CERT_FILE" not in second.environment
    finally:
        aside.rename(nobody)


def test_a_server_with_a_credential_answers_nobody_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", "hub:made-up")
    with PrefectServer(tmp_path) as server:
        given = server.wait().environment["PREFECT_API_AUTH_STRING"]
        basic = {text: f"Basic {b64encode(text.encode()).decode()}" for text in (given, "hub:wrong")}
        codes = [_code(f"{server.api_url}/admin/version", header) for header in ("", basic["hub:wrong"], basic[given])]
    assert codes == [401, 401, 200]


def test_the_key_of_blocks_is_handed_on_and_another_database_only_to_a_server_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_SERVER_ENCRYPTION_KEY", "made-up")
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql+asyncpg://nowhere.invalid/prefect")
    with PrefectServer(tmp_path) as server:
        given = dict(each.split("=", 1) for each in Path(f"/proc/{server.pid}/environ").read_text().split("\0") if each)
    assert given["PREFECT_SERVER_ENCRYPTION_KEY"] == "made-up"
    assert "PREFECT_API_DATABASE_CONNECTION_URL" not in given


def test_a_server_that_stays_keeps_its_runs_in_the_database_that_the_environment_names(tmp_path: Path, postgres_url: str) -> None:
    database = postgres_url.replace("+psycopg", "+asyncpg")
    settings = settings_named({"PREFECT_API_DATABASE_CONNECTION_URL": database, "PREFECT_UI_API_URL": "https://made.up/api", "PATH": "/"})
    with PrefectServer(tmp_path, settings=settings) as server:
        server.wait()
        with urlopen(f"{server.ui_url}/ui-settings", timeout=10) as told:  # noqa: S310 our own server on loopback
            assert json.load(told)["api_url"] == "https://made.up/api"
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
            assert connection.execute("select count(*) from flow_run").fetchone() == (0,)
    assert not (tmp_path / "prefect" / "prefect.db").exists()


def _code(url: str, authorization: str) -> int:
    request = Request(url, headers={"Authorization": authorization} if authorization else {})  # noqa: S310 our own server on loopback
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310 as above
            return int(response.status)
    except HTTPError as error:
        return error.code


def test_no_server_is_left_behind_when_its_starter_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _STARTS_AND_DIES, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert _ends(int(killed.stdout))


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "prefect.db").write_text("not a database, and long enough to be looked at as one" * 10)
    with PrefectServer(tmp_path) as server, pytest.raises(ServerUnavailable, match="file is not a database"):
        server.wait()


def test_a_port_that_is_taken_is_an_error_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        PrefectServer(tmp_path, port=taken.getsockname()[1]).start()


def test_a_stopped_server_answers_no_more(tmp_path: Path) -> None:
    server = PrefectServer(tmp_path).start()
    server.stop()
    with pytest.raises(URLError):
        urlopen(f"{server.api_url}/health", timeout=2)  # noqa: S310 our own address on loopback


def test_the_set_up_has_kept_a_migrated_database() -> None:
    assert template().exists(), "run scripts/setup"


def _ends(pid: int) -> bool:
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
