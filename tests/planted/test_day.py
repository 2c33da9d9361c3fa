from pathlib import Path

from adapters.ledgers import open_ledger
from hub.forces.registry import Registry
from hub.ledger.alarms import standing
from hub.pages.facts import gather
from hub.pages.period import Period
from hub.words import State
from sandbox.stand_ins import StandIns
from tests.flows.conftest import stand_ins
from tests.planted.day import DAY, DOWN, MINIMUM, MORNING, QUARANTINED, REJECTING, SENT, SILENT, WELL, plant
from tests.planted.passes import one_pass

__all__ = ["stand_ins"]


def test_real_passes_bring_each_trouble_once(stand_ins: StandIns, tmp_path: Path) -> None:
    settings = plant(tmp_path, stand_ins, one_pass)
    ledger = open_ledger(settings)
    registry = Registry.load(settings.mappings, settings.endpoints)
    try:
        facts = gather(ledger, registry, Period.day(DAY), MORNING).nation
        alarms = {(alarm.trouble.kind.value, alarm.trouble.force, alarm.trouble.number) for alarm in standing(ledger)}
    finally:
        ledger.close()
    found = {(one.kind, one.force): (one.number, one.note) for one in facts.concerns if one.over is None}
    assert found == {
        ("circuit-open", DOWN): (SENT[DOWN], "wait"),
        ("silent-feed", SILENT): (0, f"at least {MINIMUM} are expected"),
        ("rejecting", REJECTING): (1, "5.0% of those answered"),
        ("quarantine-old", QUARANTINED): (
            SENT[QUARANTINED],
            f"incident-in-future {SENT[QUARANTINED]}; {SENT[QUARANTINED]} without an owner",
        ),
        ("quarantine-old", REJECTING): (1, "rejected 1; 1 without an owner"),
        ("quarantined", QUARANTINED): (SENT[QUARANTINED], ""),
        ("quarantined", REJECTING): (1, ""),
    }
    assert alarms == {
        ("circuit-open", DOWN, 1),
        ("silent-feed", SILENT, 0),
        ("quarantine-old", QUARANTINED, SENT[QUARANTINED]),
        ("quarantine-old", REJECTING, 1),
    }
    assert (facts.total, facts.in_state(State.ACCEPTED), facts.balanced) == (sum(SENT.values()), SENT[REJECTING] - 1 + SENT[WELL], True)
