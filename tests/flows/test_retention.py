"""The nightly run: it erases by the rules of the mappings folder, and says how much."""

import asyncio
from datetime import timedelta

import pytest
from prefect.client.schemas.objects import State as Ended

from flows.retention import retention
from flows.stage import end_of
from flows.wiring import Hub, running
from hub.clock import Clock
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move, change
from hub.ledger.tables import bodies, submissions
from hub.words import State
from tests.flows.conftest import AT, HubOf
from tests.ledger.making import an_arrival, rows

pytestmark = pytest.mark.xdist_group("prefect")


def night(hub: Hub, *, only_look: bool = False) -> Ended[None]:
    async def run() -> Ended[None]:
        return await end_of(retention(only_look=only_look, return_state=True))

    with running(hub):
        return asyncio.run(run())


@pytest.mark.usefixtures("prefect_server")
def test_a_night_erases_what_is_due_and_another_finds_nothing(hub_of: HubOf) -> None:
    hub = hub_of(Clock.at(AT + timedelta(days=30)))
    record(hub.ledger, [an_arrival(1), an_arrival(2)], AT)
    with hub.ledger.write() as connection:
        change(connection, "kent", Author("withdraw", AT, "alex", "test-report"), [Move(1, State.WAITING, State.WITHDRAWN)])
    looked = night(hub, only_look=True)
    assert (looked.name, looked.message) == ("Only looked", "1 report and 0 notices would be erased; 0 data keys destroyed.")
    done = night(hub)
    assert (done.name, done.message) == ("Erased", "1 report and 0 notices erased; 0 data keys destroyed.")
    assert [row["body"] is None for row in rows(hub.ledger, bodies)] == [True, False]
    assert [row["erased_at"] is None for row in rows(hub.ledger, submissions)] == [False, True]
    assert night(hub).name == "Nothing to do"
