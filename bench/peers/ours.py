"""The hub: one whole pass through Prefect, with every guarantee on: ledger, encryption, checks, schema, sealing, receipts, account."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.peers.go import begin
from hub.clock import Clock
from hub.garbage import collect_seldom, pass_over
from hub.settings import Settings


def main() -> None:
    collect_seldom()
    from adapters.needed import load_adapters
    from flows.carry import carry_now
    from flows.hands import get_ready
    from flows.loading import load_passes
    from flows.wiring import open_hub
    from hub.ledger.account import account

    hub = open_hub(Settings.read(os.environ), Clock.at(datetime.fromisoformat(os.environ["PEER_AT"])))
    load_adapters(hub.registry)
    load_passes()
    if hub.settings.processes > 1:
        first = get_ready(hub).Process(target=pass_over)  # it begins when what hands are made from has loaded its libraries
        first.start()
        first.join()

    def work(_shape: str, intake: Path, _server: dict[str, Any]) -> None:
        end = carry_now(hub, intake, None, wait_seconds=0, settle_seconds=0)
        if end.is_failed():
            raise SystemExit(f"the pass ended as {end.name}: {end.message}")

    begin(work)
    drawn_up = account(hub.ledger)
    if not drawn_up.balanced:
        raise SystemExit(f"the account does not balance: {drawn_up.totals()}")
    hub.close()


if __name__ == "__main__":
    main()
