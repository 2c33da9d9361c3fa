"""An outage longer than every retry budget: held, one incident, a probe, and a drain in order by itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.registry import make_format, make_source
from hub.clock import Clock
from hub.contracts import Absent, Acknowledgement, Finding, Found, Payload, Receipt, Unavailable
from hub.forces.registry import Registry, Route
from hub.ledger.account import account
from hub.ledger.changes import Author
from hub.ledger.circuits import claim_probe, open_circuits, trip
from hub.ledger.holds import pause, resume
from hub.ledger.ledger import Ledger
from hub.quality.checks import Checks
from hub.steps.deliver import Delivered, deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.retry import Retry
from hub.words import Purpose, State
from sandbox.sample import build

PROJECT = Path(__file__).parents[2]
AT = datetime(2026, 11, 23, 6, tzinfo=UTC)
AT_ONCE = Retry(attempts=2, first=0.0, longest=0.0, jitter=0.0)


@dataclass
class FarEnd:
    """A far end in memory that can be down: what it holds, in the order in which it came."""

    down: bool = False
    parallel: int = 1
    held: dict[str, bytes] = field(default_factory=dict)
    asked: int = 0
    meanwhile: Callable[[], None] = lambda: None  # what others do while it is sent something

    def send(self, payload: Payload) -> Receipt:
        self.asked += 1
        self.meanwhile()
        if self.down:
            raise Unavailable("connection-refused")
        assert payload.key not in self.held
        with payload.open() as body:
            self.held[payload.key] = body.read()
        return Receipt(payload.key, detail="kept")

    def find(self, payload: Payload) -> Finding:
        return Found() if payload.key in self.held else Absent()

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        del cursor
        return iter(())

    def settle(self, batch: str) -> None:
        raise AssertionError(batch)

    def close(self) -> None:
        pass

    def drops(self) -> list[str]:
        return [key for key in self.held if key.endswith("manifest.json")]


class Hub:
    """The steps on one ledger, with far ends in memory."""

    def __init__(self, folder: Path, registry: Registry, checks: Checks) -> None:
        self.ledger = Ledger.open(f"sqlite:///{folder / 'ledger.db'}", str(folder / "store"))
        self.registry, self.checks, self.folder = registry, checks, folder
        self.far_ends: dict[str, FarEnd] = {}

    def submit(self, seed: int, reports: int = 60) -> None:
        out = self.folder / f"sample-{seed}"
        build(reports, out, seed, AT, None, self.registry)
        pick_up(self.ledger, make_source("folder", {"path": str(out / "intake"), "settle_seconds": 0}), self.registry, Clock.at(AT))

    def prepare(self) -> None:
        def format_of(route: Route) -> object:
            options = {key: value for key, value in route.format.items() if key != "name"}
            return make_format(str(route.format["name"]), options, route.folder)

        prepare(self.ledger, self.registry, format_of, self.checks, Clock.at(AT))  # type: ignore[arg-type]  # a format, by its promise

    def deliver(self, force: str, *, other: str | None = None, route: str = "records-system") -> Delivered:
        known = {each.name: each for each in self.registry.forces[force].routes}
        return deliver(self.ledger, known[route], self.far_end(force, route), Clock.at(AT), AT_ONCE, other=known[other] if other else None)

    def far_end(self, force: str, route: str = "records-system") -> FarEnd:
        return self.far_ends.setdefault(f"{force}/{route}", FarEnd())

    def states(self, force: str) -> dict[State, int]:
        found = account(self.ledger)
        assert found.balanced
        return {state: n for state, n in found.of_force(force).items() if state not in (State.QUARANTINED, State.DUPLICATE)}

    def codes(self, force: str) -> set[str]:
        return {code for (name, state, code) in account(self.ledger).codes if name == force and state == State.HELD}


@pytest.fixture(scope="module")
def checks() -> Checks:
    return Checks.load(PROJECT / "expectations")


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Two Surrey and Sussex forces that share an instance, and one that does not."""
    return Registry.load(PROJECT / "mappings")


@pytest.fixture
def hub(tmp_path: Path, registry: Registry, checks: Checks) -> Iterator[Hub]:
    some = {slug: registry.forces[slug] for slug in ("surrey", "sussex", "kent")}
    one = Hub(tmp_path, Registry(some, {}, {}), checks)
    yield one
    one.ledger.close()


def _spend(hub: Hub, force: str) -> Delivered:
    hub.deliver(force)
    return hub.deliver(force)


def test_an_outage_is_one_incident_and_its_reports_are_held(hub: Hub) -> None:
    hub.submit(1)
    hub.prepare()
    hub.far_end("surrey").down = True

    first, spent = hub.deliver("surrey"), hub.deliver("surrey")

    assert (first.stopped, first.again, first.held) == ("connection-refused", True, 0)
    assert (spent.again, set(hub.states("surrey")), hub.codes("surrey")) == (False, {State.HELD}, {"circuit-open"})
    assert [circuit.incident for circuit in open_circuits(hub.ledger).values()] == [1]
    for _ in range(5):
        hub.deliver("surrey")
    assert [circuit.incident for circuit in open_circuits(hub.ledger).values()] == [1]


def test_a_force_that_shares_the_instance_shares_the_breaker_and_no_other_force_does(hub: Hub) -> None:
    hub.submit(1)
    hub.prepare()
    hub.far_end("surrey").down = hub.far_end("sussex").down = True
    _spend(hub, "surrey")

    hub.deliver("sussex")
    kent = hub.deliver("kent")

    assert hub.codes("sussex") == {"circuit-open"}
    assert hub.far_end("sussex").asked <= 1, "one probe, not the sister force's whole budget of attempts"
    assert (kent.stopped, set(hub.states("kent"))) == (None, {State.DELIVERED})


def test_what_comes_during_an_outage_waits_and_all_drains_in_order_by_itself(hub: Hub) -> None:
    hub.submit(1)
    hub.prepare()
    hub.far_end("surrey").down = True
    _spend(hub, "surrey")
    hub.submit(2)
    hub.prepare()
    assert set(hub.states("surrey")) == {State.HELD}

    hub.far_end("surrey").down = False
    hub.deliver("surrey")
    hub.prepare()
    hub.deliver("surrey")

    assert open_circuits(hub.ledger) == {}
    assert set(hub.states("surrey")) == {State.DELIVERED}
    for lane in ("urgent", "routine"):
        sequences = [int(key.split(".")[4]) for key in hub.far_end("surrey").drops() if f".{lane}." in key]
        assert sequences == list(range(1, len(sequences) + 1))


def test_one_route_probes_at_a_time_also_of_those_that_one_process_delivers_side_by_side(hub: Hub) -> None:
    hub.submit(1)
    hub.prepare()
    hub.far_end("surrey").down = True
    _spend(hub, "surrey")
    hub.far_end("surrey").down = False
    beside: list[tuple[str | None, int]] = []

    def deliver_beside() -> None:
        if not beside:
            beside.append((hub.deliver("sussex").stopped, hub.far_end("sussex").asked))

    hub.far_end("surrey").meanwhile = deliver_beside
    hub.deliver("surrey")

    assert beside == [("circuit-open", 0)]
    assert open_circuits(hub.ledger) == {}
    hub.prepare()
    hub.deliver("sussex")
    assert set(hub.states("sussex")) == {State.DELIVERED}


def test_a_drain_that_found_the_far_end_well_does_not_end_the_probe_of_a_later_incident(hub: Hub) -> None:
    for seed in (1, 2):  # two drops
        hub.submit(seed)
        hub.prepare()
    surrey = hub.far_end("surrey")
    surrey.down = True
    _spend(hub, "surrey")
    surrey.down = False
    endpoint = hub.registry.forces["surrey"].routes[0].endpoint
    probed: list[bool] = []

    def fail_again() -> None:
        if surrey.drops() and not probed:
            trip(hub.ledger, endpoint, "timeout", AT, AT - timedelta(days=9_000))
            probed.append(claim_probe(hub.ledger, endpoint))

    surrey.meanwhile = fail_again
    hub.deliver("surrey")

    other = Ledger.open(f"sqlite:///{hub.folder / 'ledger.db'}", str(hub.folder / "store"))
    assert (probed, claim_probe(hub.ledger, endpoint), claim_probe(other, endpoint)) == ([True], False, False)
    other.close()


def test_a_paused_force_gets_nothing_until_it_is_resumed(hub: Hub) -> None:
    hub.submit(1)
    hub.prepare()
    by = Author("pause", AT, actor="operator", reason="migration")
    assert pause(hub.ledger, "kent", by)
    hub.submit(2)
    hub.prepare()

    assert (hub.deliver("kent").stopped, hub.far_end("kent").asked, hub.codes("kent")) == ("paused", 0, {"paused"})

    assert resume(hub.ledger, "kent", replace(by, action="resume"))
    hub.prepare()
    hub.deliver("kent")
    assert set(hub.states("kent")) == {State.DELIVERED}


def with_fallback(registry: Registry, force: str) -> Registry:
    """The same forces, one with a second route that is only used when the first certainly did not deliver."""
    known = registry.forces[force]
    route = known.routes[0]
    endpoint = replace(route.endpoint, instance=f"{force}-fallback")
    back = replace(route, name="by-mail", purpose=Purpose.FALLBACK, endpoint=endpoint)
    return Registry({**registry.forces, force: replace(known, routes=(route, back))}, {}, {})


def test_what_certainly_did_not_arrive_goes_to_the_fallback_and_its_number_is_announced_as_void(hub: Hub) -> None:
    hub.registry = with_fallback(hub.registry, "kent")
    hub.submit(1)
    hub.prepare()
    hub.far_end("kent").down = True

    hub.deliver("kent", other="by-mail")
    fell = hub.deliver("kent", other="by-mail")
    hub.deliver("kent", other="by-mail")
    hub.prepare()
    hub.deliver("kent", route="by-mail")

    assert fell.fell_back > 0
    assert set(hub.states("kent")) == {State.DELIVERED}
    assert hub.far_end("kent").held == {}
    assert open_circuits(hub.ledger) == {}

    hub.far_end("kent").down = False
    hub.submit(2)
    hub.prepare()
    hub.deliver("kent")
    assert _announced(hub.far_end("kent")) == {1}


def _announced(far_end: FarEnd) -> set[int]:
    import json

    bodies: Sequence[bytes] = [body for key, body in far_end.held.items() if key.endswith("manifest.json")]
    return {number for body in bodies for number in json.loads(body)["voided"]}
