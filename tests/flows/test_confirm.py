"""What a far end says at once of what it was just sent: it counts, and whatever goes wrong meanwhile keeps no other force waiting."""

import asyncio

import pytest

from flows.confirm import hear
from flows.wiring import Hub
from hub.contracts import Misconfigured
from hub.steps.confirm import Confirmation
from tests.flows.conftest import HubOf

KENT = ("kent", "records-system")

pytestmark = pytest.mark.xdist_group("prefect")  # with the others, for their stand-ins


def heard(hub: Hub, monkeypatch: pytest.MonkeyPatch, said: Confirmation | Exception) -> Confirmation:
    """What counts, where the far end is asked and this is what comes of it."""

    def confirm(*_: object) -> Confirmation:
        assert KENT in hub.asked
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr("hub.steps.confirm.confirm", confirm)
    asyncio.run(hear(hub, KENT))
    assert KENT not in hub.asked
    return hub.heard


def test_what_it_says_is_counted_and_what_stopped_it_is_left_to_the_stage(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = hub_of()
    assert heard(hub, monkeypatch, Confirmation(accepted=2, rejected=1)) == Confirmation(accepted=2, rejected=1)
    assert heard(hub, monkeypatch, Confirmation(accepted=1, stopped="unreachable")) == Confirmation(accepted=3, rejected=1)
    assert heard(hub, monkeypatch, Misconfigured("unknown-suite", "it has none")) == Confirmation(accepted=3, rejected=1)


def test_a_defect_harms_nobody(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(hub_of(), monkeypatch, RuntimeError("a defect")) == Confirmation()


def test_a_route_that_another_pass_asks_is_left_to_it(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = hub_of()
    hub.asked.take({KENT})
    monkeypatch.setattr("hub.steps.confirm.confirm", lambda *_: Confirmation(accepted=1))
    asyncio.run(hear(hub, KENT))
    assert (hub.heard, KENT in hub.asked) == (Confirmation(), True)
