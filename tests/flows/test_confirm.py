"""What a far end says at once of what it was just sent: it counts, and whatever goes wrong meanwhile keeps no other force waiting."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest
from prefect.client.schemas.objects import State

from flows.carry import end_of_all
from flows.confirm import confirm, hear
from flows.stage import end_of, ended
from flows.wiring import Hub, running
from hub.contracts import Misconfigured
from hub.forces.registry import Route
from hub.ledger.errors import LedgerUnavailable
from hub.steps.confirm import Confirmation
from tests.flows.conftest import HubOf

KENT, ESSEX = ("kent", "records-system"), ("essex", "records-system")

pytestmark = pytest.mark.xdist_group("prefect")  # with the others, for their stand-ins


def heard(hub: Hub, monkeypatch: pytest.MonkeyPatch, said: Confirmation | Exception) -> Confirmation:
    """What counts, where the far end is asked and this is what comes of it."""

    def ask(*_: object) -> Confirmation:
        assert KENT in hub.asked
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr("hub.steps.confirm.confirm", ask)
    asyncio.run(hear(hub, KENT))
    assert KENT not in hub.asked
    return hub.heard


def test_what_it_says_is_counted_and_what_stopped_it_is_left_to_the_stage(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = hub_of()
    assert heard(hub, monkeypatch, Confirmation(accepted=2, rejected=1)) == Confirmation(accepted=2, rejected=1)
    assert heard(hub, monkeypatch, Confirmation(accepted=1, stopped="unreachable")) == Confirmation(accepted=3, rejected=1)
    assert heard(hub, monkeypatch, Misconfigured("unknown-suite", "it has none")) == Confirmation(accepted=3, rejected=1)


@pytest.mark.usefixtures("prefect_server")
def test_one_that_stalled_is_not_asked_at_once_again(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, asked = hub_of(), list[str]()
    monkeypatch.setattr("flows.confirm.routes_to_confirm", lambda *_: {KENT: 1, ESSEX: 1})
    heard(hub, monkeypatch, Confirmation(accepted=1, stopped="timeout"))

    def ask(_ledger: object, route: Route, *_: object) -> Confirmation:
        asked.append(route.force)
        return Confirmation(accepted=1)

    monkeypatch.setattr("hub.steps.confirm.confirm", ask)
    for expected in (["essex"], ["essex", "essex", "kent"]):  # the next pass asks it like any other
        with running(hub):
            asyncio.run(end_of(confirm(return_state=True)))
        assert sorted(asked) == expected
    assert (hub.heard, hub.stalled) == (Confirmation(), set())


def test_a_defect_harms_nobody_and_is_told_by_the_stage(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    defects = {"kent records-system: RuntimeError"}
    assert heard(hub_of(), monkeypatch, RuntimeError("a defect")) == Confirmation(defects=defects)


def test_a_ledger_that_cannot_be_used_is_left_to_the_stage(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heard(hub_of(), monkeypatch, LedgerUnavailable("it is full")) == Confirmation()


def confirmed(hub: Hub, monkeypatch: pytest.MonkeyPatch, said: Mapping[str, Confirmation | Exception]) -> State[None]:
    """How the stage ends, where these forces are asked and this is what comes of it."""

    def ask(_ledger: object, route: Route, *_: object) -> Confirmation:
        came = said[route.force]
        if isinstance(came, Exception):
            raise came
        return came

    monkeypatch.setattr("flows.confirm.routes_to_confirm", lambda *_: {(force, "records-system"): 1 for force in said})
    monkeypatch.setattr("hub.steps.confirm.confirm", ask)
    with running(hub):
        return asyncio.run(end_of(confirm(return_state=True)))


@pytest.mark.usefixtures("prefect_server")
def test_a_defect_that_one_force_meets_keeps_no_others_from_counting_and_shows_none_of_its_text(
    hub_of: HubOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    defect = RuntimeError("canary 07700 900123")
    end = confirmed(hub_of(), monkeypatch, {"essex": Confirmation(accepted=2), "kent": defect, "sussex": Confirmation(accepted=1)})
    assert (end.name, end.is_failed()) == ("Failed", True)
    counted, told = "3 reports accepted, 0 rejected, 3 not acknowledged yet.", "kent records-system: RuntimeError: report this defect."
    assert end.message == f"{counted} {told} A later pass asks again."


@pytest.mark.usefixtures("prefect_server")
def test_acknowledgements_that_could_not_be_read_name_the_pass_and_the_log_says_whose(
    hub_of: HubOf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    end = confirmed(hub_of(), monkeypatch, {"kent": Confirmation(accepted=1, unreadable=Counter({"kent records-system": 2}))})
    assert (end.name, end.is_completed()) == ("Unreadable", True)
    assert "2 acknowledgements could not be read" in str(end.message)
    assert "kent records-system: 2 acknowledgements could not be read" in caplog.text
    assert end_of_all([ended("Delivered", "3 reports."), end], None).name == "Unreadable"


def test_a_route_that_another_pass_asks_is_left_to_it(hub_of: HubOf, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = hub_of()
    hub.asked.take({KENT})
    monkeypatch.setattr("hub.steps.confirm.confirm", lambda *_: Confirmation(accepted=1))
    asyncio.run(hear(hub, KENT))
    assert (hub.heard, KENT in hub.asked) == (Confirmation(), True)
