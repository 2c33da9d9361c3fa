"""A worker that is killed at the worst moment: `python -m tests.end_to_end.dying WHERE …`, ended by SIGKILL from within.

What it is to do stands in the environment, as for every hub (`HUB_HOME`, `HUB_LEDGER_URL`, `HUB_ENDPOINTS`).
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.ledgers import open_ledger
from adapters.outcomes.chosen import platform_at
from adapters.registry import make_source, make_transport
from hub.clock import Clock
from hub.contracts import Notice, Payload, Platform, Receipt, Source, Submission, Transport
from hub.forces.registry import Registry
from hub.settings import Settings
from hub.steps.confirm import confirm
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.tell import tell
from tests.end_to_end.intake import AT

LEASE = 1.0  # seconds until another worker may take over


def die() -> None:
    """As when the power fails: no handler, no clean-up, nothing flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class DiesBeforeSettling:
    """A source whose worker dies when the ledger has the submissions, and before the source lets go of them."""

    source: Source
    name: str = "folder"

    def submissions(self):  # type: ignore[no-untyped-def]  # as the source's own
        return self.source.submissions()

    def settle(self, _submissions: Sequence[Submission]) -> None:
        die()

    def close(self) -> None:
        pass


@dataclass
class DiesAfterSending:
    """A transport whose worker dies when the far end has taken a payload of this kind, and before its receipt is written."""

    transport: Transport
    kind: str
    parallel: int = 1

    def send(self, payload: Payload) -> Receipt:
        receipt = self.transport.send(payload)
        if payload.kind == self.kind:
            die()
        return receipt

    def find(self, payload: Payload):  # type: ignore[no-untyped-def]  # as the transport's own
        return self.transport.find(payload)

    def acknowledgements(self, cursor: str | None):  # type: ignore[no-untyped-def]  # as the transport's own
        return self.transport.acknowledgements(cursor)

    def settle(self, _batch: str) -> None:
        die()

    def close(self) -> None:
        self.transport.close()


@dataclass
class DiesAfterTelling:
    """A platform whose worker dies when it has a notice, and before the ledger knows."""

    platform: Platform

    def tell(self, notice: Notice) -> None:
        self.platform.tell(notice)
        die()

    def close(self) -> None:
        self.platform.close()


def main(where: str, *arguments: str) -> None:
    """Works until it dies there."""
    settings, clock = Settings.read(), Clock.at(datetime.fromisoformat(AT))
    ledger = open_ledger(settings, LEASE)
    registry = Registry.load(settings.mappings, settings.endpoints)
    if where == "before-settling":
        source = make_source("folder", {"path": str(Path(arguments[0])), "settle_seconds": 0})
        pick_up(ledger, DiesBeforeSettling(source), registry, clock)
        return
    if where == "after-telling":
        tell(ledger, DiesAfterTelling(platform_at(Path(arguments[0]))), registry.code_of, clock)
        return
    force, kind = arguments
    route = registry.forces[force].primary_on(clock.today())
    assert route
    settings_of_route = {key: value for key, value in route.transport.items() if key != "name"}
    transport = DiesAfterSending(make_transport(str(route.transport["name"]), settings_of_route), kind)
    if where == "after-sending":
        deliver(ledger, route, transport, clock)
    else:
        confirm(ledger, route, transport, clock)


if __name__ == "__main__":
    main(*sys.argv[1:])
