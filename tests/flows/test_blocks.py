"""Secrets in Prefect's blocks, on a real server."""

import pytest

import flows.wiring  # noqa: F401 - tells the adapters who reads blocks
from adapters.secrets import login, reveal
from flows.server import PrefectServer
from hub.contracts import Misconfigured

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

CANARY = "canary-5ecret-in-a-block"


def _keep(name: str, value: object) -> None:
    from prefect.blocks.system import Secret

    Secret(value=value).save(name, overwrite=True, _sync=True)  # type: ignore[call-arg]


@pytest.mark.parametrize("reference", ["prefect-block:kent-key", "prefect-block:secret/kent-key"])
def test_a_secret_is_read_from_a_block(reference: str) -> None:
    _keep("kent-key", CANARY)
    assert reveal(reference).get_secret_value() == CANARY


def test_a_login_may_lie_there_as_an_object_or_as_its_text() -> None:
    _keep("as-object", {"username": "hub", "password": CANARY})
    _keep("as-text", f'{{"username": "hub", "password": "{CANARY}"}}')
    found = [login(f"prefect-block:{name}") for name in ("as-object", "as-text")]
    assert [one.password and one.password.get_secret_value() for one in found] == [CANARY, CANARY]


def test_a_block_that_is_not_there_is_named_by_its_reference() -> None:
    with pytest.raises(Misconfigured, match="prefect-block:not-there is not set") as caught:
        reveal("prefect-block:not-there")
    assert caught.value.code == "no-credentials"


def test_a_block_without_a_login_is_named_without_what_it_holds() -> None:
    _keep("no-login", CANARY)
    with pytest.raises(Misconfigured, match="prefect-block:no-login is not a login") as caught:
        login("prefect-block:no-login")
    assert CANARY not in str(caught.value)


def test_a_server_that_does_not_answer_is_said(prefect_server: PrefectServer) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    elsewhere = prefect_server.api_url.replace("127.0.0.1", "127.0.0.2")
    with (
        temporary_settings({PREFECT_API_URL: elsewhere, PREFECT_CLIENT_MAX_RETRIES: 0}),
        pytest.raises(Misconfigured, match=r"prefect-block:kent-key cannot be read \(\w+\): is Prefect's API there"),
    ):
        reveal("prefect-block:kent-key")
