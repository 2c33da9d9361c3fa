import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.dispatcher import Dispatcher
from flows.look import Pace
from hub.ledger.errors import LedgerUnavailable
from tests.flows.conftest import HubOf

pytestmark = pytest.mark.xdist_group("prefect")  # with the others, for their stand-ins


def test_the_dispatcher_lives_through_its_own_troubles_and_says_each_once(
    hub_of: HubOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub = hub_of()
    intake = hub.settings.home / "intake"
    dispatcher = Dispatcher(hub, intake, 0, Pace(), logging.getLogger("dispatcher"))
    troubles: list[Exception | None] = [None, None, LedgerUnavailable("ledger.db: it is full"), ZeroDivisionError("a defect")]

    async def scenario() -> list[int]:
        said = []
        for trouble in troubles:
            with monkeypatch.context() as patch:
                if trouble:
                    patch.setattr(hub.ledger, "read", _raises(trouble))
                for _ in range(3):
                    await dispatcher._turn()
            said.append(len(caplog.messages))
        return said

    assert asyncio.run(scenario()) == [1, 1, 2, 3]
    first, second, third = caplog.messages
    assert str(intake) in first
    assert second.endswith("it is full. Nothing was lost: put it right, and the next pass goes on.")
    assert third == "The dispatcher cannot look (ZeroDivisionError: report this defect). It goes on looking."
    assert dispatcher.passes == 0


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("flows.look.state_of", "the intake folder {intake} cannot be used (OSError, Input/output error): nothing was let go"),
        ("flows.watched._stamp", "(OSError, Input/output error): see to the files of mappings, checks and endpoints"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_name_of_a_file(
    hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str, told: str
) -> None:
    (tmp_path / "Jane Doe.json").write_bytes(b"{}")
    dispatcher = Dispatcher(hub_of(), tmp_path, 0, Pace(), logging.getLogger("dispatcher"))
    monkeypatch.setattr(where, _raises(OSError(5, os.strerror(5), str(tmp_path / "Jane Doe.json"))))
    asyncio.run(dispatcher._turn())
    (said,) = caplog.messages
    assert told.format(intake=tmp_path) in said
    assert "Jane" not in said


def _raises(trouble: Exception) -> Callable[..., None]:
    def read(*_: object) -> None:
        raise trouble

    return read
