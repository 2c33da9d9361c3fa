"""The measures as Prometheus' own parser reads them, against the account."""

from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from console.measures import measured
from hub.ledger.account import account
from hub.ledger.alarms import standing
from hub.ledger.changes import Author
from hub.ledger.holds import pause
from hub.pages.facts import gather
from hub.pages.period import Period
from tests.ledger.ledgers import new_file
from tests.pages.planted import DAY, DOWN, MORNING, QUARANTINED, plant
from tests.steps.conftest import forces, house, mappings
from tests.steps.house import House

__all__ = ["forces", "house", "mappings", "new_file"]


LABELS = ("kind", "instance", "environment", "force", "service", "outcome", "code", "quantile")  # the parser has them by name


def _samples(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels[name] for name in LABELS if name in sample.labels)] = sample.value
    return found


def test_the_counts_are_those_of_the_account_and_nothing_personal_is_in_them(house: House) -> None:
    plant(house)
    pause(house.ledger, "surrey", Author("pause", MORNING.now(), "alex", "maintenance"))
    text = measured(house.ledger, MORNING)
    found, whole = _samples(text), account(house.ledger)
    by_state: Counter[tuple[str, str, str]] = Counter()
    for (cell, state), n in whole.states.items():
        by_state[cell.force, cell.service, state] += n
    came: Counter[tuple[str, str]] = Counter()
    for cell, n in whole.picked_up.items():
        came[cell.force, cell.service] += n
    assert found["soh_hub_reports"] == by_state
    assert found["soh_hub_picked_up_total"] == came
    assert sum(found["soh_hub_picked_up_total"].values()) - found["soh_hub_rerouted_in"][()] == whole.total
    assert found["soh_hub_codes"] == {key: n for key, n in whole.codes.items() if key[1] in ("held", "quarantined")}
    assert found["soh_hub_oldest_seconds"][QUARANTINED, "quarantined"] == 26 * 3600
    assert found["soh_hub_circuit_open"] == {("kent-own", "live"): 1}
    assert sum(found["soh_hub_alarms"].values()) == len(standing(house.ledger))
    assert found["soh_hub_paused"] == {("surrey",): 1}
    assert found["soh_hub_sealed_drops"] == {(DOWN,): 1}
    times = gather(house.ledger, house.registry, Period.day(DAY), MORNING).nation.times["essex"]
    assert found["soh_hub_delivery_seconds"]["essex", "1"] == max(times)
    assert set(found["soh_hub_acceptance_seconds"]) == {("essex", quantile) for quantile in ("0.5", "0.95", "1")}
    for word in ("Prŷs", "SOH-", "0f3c0000", "@"):
        assert word not in text.decode()
