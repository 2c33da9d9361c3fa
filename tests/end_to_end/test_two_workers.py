"""Two workers on one PostgreSQL, each with a ledger of its own, do the same work at the same time."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import select

from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.tables import attempts, drops
from hub.steps import prepare as preparing
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.words import State
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import confirm_all, deliver_all, held_of, holders
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import crime, left_in, put

FORCES = {"kent": "46", "lancashire": "04", "gwent": "61"}  # CSV and XML drops, and JSON over REST
EACH = 40
T = TypeVar("T")


def _at_once(hubs: list[Hub], work: Callable[[Hub], T]) -> list[T]:
    """Both begin at the same moment."""
    start = Barrier(len(hubs))

    def one(hub: Hub) -> T:
        start.wait()
        return work(hub)

    with ThreadPoolExecutor(len(hubs)) as pool:
        return list(pool.map(one, hubs))


def test_two_workers_lose_nothing_and_send_nothing_twice(
    hub_of: OpenHub, postgres_url: str, stand_ins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = tmp_path / "intake"
    sent: dict[str, list[str]] = {}
    for number, (force, code) in enumerate([*FORCES.items()] * EACH):
        wire = crime(code)
        sent[wire["submissionId"]] = [force]
        put(intake, f"{number:03}.json", wire)
    hubs = [hub_of(url=postgres_url), hub_of(url=postgres_url)]
    assert hubs[0].ledger.worker != hubs[1].ledger.worker
    monkeypatch.setattr(preparing, "BATCH", 20)

    entered = _at_once(hubs, lambda hub: pick_up(hub.ledger, hub.source_of(intake, 0), hub.registry, hub.clock).entered.total())
    while left_in(intake):  # what one saw the other take it left alone
        entered.append(pick_up(hubs[0].ledger, hubs[0].source_of(intake, 0), hubs[0].registry, hubs[0].clock).entered.total())
    assert sum(entered) == len(sent)

    sealed = _at_once(hubs, lambda hub: prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock).sealed)
    assert sum(sealed) == len(sent)
    assert min(sealed) > 0  # else they did not work side by side

    delivered = _at_once(hubs, lambda hub: sum(done.reports for done in deliver_all(hub).values()))
    assert sum(delivered) == len(sent)
    _at_once(hubs, confirm_all)

    ledger = hubs[0].ledger
    held = held_of(stand_ins, ledger)
    assert holders(held) == sent
    assert [refusal.why for one in held.values() for refusal in one.refusals] == []
    assert account(ledger).totals() == {State.ACCEPTED: len(sent)}
    assert account(ledger).balanced
    with ledger.read() as connection:
        tries = Counter(connection.scalars(select(attempts.c.drop_id)))
        numbers = connection.execute(select(drops.c.force, drops.c.sequence).order_by(drops.c.force, drops.c.sequence)).all()
    assert set(tries.values()) == {1}
    for force in FORCES:
        mine = [sequence for name, sequence in numbers if name == force]
        assert mine == list(range(1, len(mine) + 1))
