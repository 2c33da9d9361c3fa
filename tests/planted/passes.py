"""One pass through the hub's own steps and adapters, without Prefect: what the flow does, for tests that look at what comes of it."""

import time
from pathlib import Path

from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.standing import routes_to_confirm, routes_with_work
from hub.steps import alarms, confirm, deliver, pick_up, prepare

PATIENCE = 20.0  # seconds for the forces' acknowledgements


def one_pass(hub: Hub, intake: Path | None) -> None:
    """Pick up, prepare, deliver until nothing is tried any more, confirm, look for alarms."""
    if intake:
        source = hub.source_of(intake, 0)
        try:
            pick_up.pick_up(hub.ledger, source, hub.registry, hub.clock)
        finally:
            source.close()
    prepare.prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock, encryption_of=hub.encryption_of)
    for force, route in sorted(routes_with_work(hub.ledger)):
        _deliver(hub, force, route)
    end = time.monotonic() + PATIENCE
    while (to_ask := routes_to_confirm(hub.ledger)) and time.monotonic() < end:
        for force, route in sorted(to_ask):
            _confirm(hub, force, route)
        time.sleep(0.2)
    alarms.look(hub.ledger, hub.registry, hub.clock, account(hub.ledger))


def _deliver(hub: Hub, force: str, name: str) -> None:
    route = hub.route(force, name)
    assert route
    for _ in range(hub.settings.retry.attempts):
        done = deliver.deliver(hub.ledger, route, hub.transport_of(route), hub.clock, hub.settings.retry)
        if not done.again:
            break
        time.sleep(hub.settings.retry.longest)


def _confirm(hub: Hub, force: str, name: str) -> None:
    route = hub.route(force, name)
    assert route
    confirm.confirm(hub.ledger, route, hub.transport_of(route), hub.clock)
