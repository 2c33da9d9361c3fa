"""Whatever two workers, the forces and an operator do to one ledger, in whatever order: its promises hold after every step.

Each example is a sequence of operations, each of them one public function of `hub/ledger` or two (`machine/`), and the ledger is judged
after each: by what is true at every moment (`promises.py`), and by what is true from one to the next (`lasting.py`). Always the same
sequences; `LEDGER_MACHINE=2000` makes up that many new ones, which takes some minutes, and shrinks what it finds.
"""

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import event

from hub.ledger.audit import verify
from hub.ledger.guards import unguard
from hub.ledger.ledger import Ledger
from hub.ledger.tables import metadata
from hub.words import DropState
from tests.ledger.lasting import broken_since
from tests.ledger.machine import delivering, holding, preparing, telling
from tests.ledger.machine.model import Model, Operation, Worker
from tests.ledger.picture import picture
from tests.ledger.promises import broken_account, broken_in

LONGER = int(os.environ.get("LEDGER_MACHINE", "0"))
STEPS, EXAMPLES = 75, 36
ACCOUNT_EVERY = 10  # steps: it asks the ledger eight questions
OPERATIONS: tuple[Operation, ...] = (*preparing.OPERATIONS, *delivering.OPERATIONS, *holding.OPERATIONS, *telling.OPERATIONS)
AT_LEAST = {  # what the ordinary run comes to: a machine that reaches less proves less
    "operations": 2_000,
    "delivered → accepted": 10,
    "delivered → quarantined": 1,
    "in doubt → delivered": 1,
    "held → sealed": 30,
    "drop delivered": 15,
    "drops delivered after a circuit": 1,
    "drops taken back": 5,
    "drops not taken back": 1,
    "numbers announced as void": 5,
    "overtaken writes about a delivery refused": 2,
    "overtaken seals refused": 1,
    "lanes taken over": 4,
    "attempts broken off": 1,
    "probes given back": 1,
    "acknowledged while sealed": 2,
    "acknowledged after it was taken back": 2,
    "copies accepted": 1,
    "empty drops delivered": 2,
    "outcomes told": 12,
}


class LedgerMachine(RuleBasedStateMachine):
    """One rule, which does what is possible just now: several would be switched off in turn, and little would come to its end."""

    ledgers: Mapping[str, Ledger]  # the same for all: to open them takes longer than to empty them
    reached: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        workers = [Worker(name, ledger) for name, ledger in self.ledgers.items()]
        self.model = Model(workers, picture(workers[0].ledger), lambda _: None, self.reached)
        self.judged = self.model.seen

    @rule(data=st.data())
    def goes_on(self, data: st.DataObject) -> None:
        m = self.model
        m.draw = data.draw
        m.steps += 1
        weighted = [operation for operation in OPERATIONS for _ in range(operation.weight(m))]
        chosen = m.one(weighted)
        self.reached["operations"] += 1
        note(chosen.do.__name__.strip("_"))
        chosen.do(m)
        m.look()

    @invariant()
    def every_promise_holds(self) -> None:
        m = self.model
        assert broken_in(m.seen) == []
        assert broken_since(self.judged, m.seen) == []
        self.judged = m.seen
        if m.steps % ACCOUNT_EVERY == 0:
            assert broken_account(m.ledger, len(m.seen["submissions"])) == []

    def teardown(self) -> None:
        _count(self.model)
        assert verify(self.model.ledger).findings == ()
        with self.model.ledger.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if table.name != "ledger":
                    connection.execute(table.delete())
        for ledger in self.ledgers.values():
            ledger.under_way.clear()
            ledger.probing.clear()


def _count(m: Model) -> None:
    """What this example came to: each way from one state to the next, and how its drops ended."""
    m.reached.update(f"{step['from_state']} → {step['to_state']}" for step in m.seen["history"])
    m.reached.update(f"drop {drop['state']}" for drop in m.seen["drops"])
    m.reached["drops delivered after a circuit"] += sum(d["state"] == DropState.DELIVERED for d in m.seen["drops"] if d["id"] in m.drained)
    m.reached["empty drops delivered"] += sum(d["state"] == DropState.DELIVERED for d in m.seen["drops"] if not d["reports"])
    assert len(m.told) == len(set(m.told))


def _quickly(ledger: Ledger) -> Ledger:
    """What a power cut would take of these ledgers nobody misses."""

    @event.listens_for(ledger.database.engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    ledger.close()
    return ledger


_SETTINGS = settings(
    max_examples=LONGER or EXAMPLES,
    stateful_step_count=STEPS,
    derandomize=not LONGER,
    phases=(Phase.generate, Phase.shrink) if LONGER else (Phase.generate,),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1200)  # a minute of work, and beside other tests many
def test_no_sequence_of_operations_breaks_a_promise_of_the_ledger(new_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(new_file, tmp_path / 'ledger.db')}"
    opened = {name: _quickly(Ledger.open(url, str(tmp_path / "store"), worker=name)) for name in ("first", "second")}

    with opened["first"].write() as connection:
        unguard(connection)  # to empty the ledger after each example
    found = Counter[str]()

    class OnTheseLedgers(LedgerMachine):
        ledgers = opened
        reached = found

    run_state_machine_as_test(OnTheseLedgers, settings=_SETTINGS)
    for ledger in opened.values():
        ledger.close()
    too_few = {name: OnTheseLedgers.reached[name] for name, least in AT_LEAST.items() if OnTheseLedgers.reached[name] < least}
    assert too_few == {} or LONGER
