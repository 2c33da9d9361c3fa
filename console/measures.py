"""The hub's measures as Prometheus reads them. Their names and labels are a promise: docs/metrics.md has them all."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from hub.ledger.gauges import Gauges, gauges

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.ledger.daily import Times
    from hub.ledger.ledger import Ledger

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Samples = Mapping[Any, float]  # by the values of the labels, in their order
_QUANTILES = (("0.5", "p50"), ("0.95", "p95"), ("1", "longest"))


def measured(ledger: "Ledger", clock: "Clock") -> bytes:
    """One look at the ledger, in Prometheus' text format. Raises LedgerUnavailable."""
    today = clock.today()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Look(gauges(ledger, today - timedelta(days=1), today), clock.now()))
    return generate_latest(registry)


class _Look(Collector):
    """What was found, as families of samples."""

    def __init__(self, found: Gauges, now: datetime) -> None:
        self.found = found
        self.now = now

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        found = self.found
        yield _counter("picked_up", "Submissions picked up.", ("force", "service"), found.picked_up)
        yield _gauge("rerouted_in", "Pick-ups that are another force's re-routed ones.", (), {(): found.rerouted_in})
        yield _gauge("reports", "Reports by where they stand on their primary route.", ("force", "service", "outcome"), found.reports)
        yield _gauge("codes", "Reports that are held or in quarantine, by code.", ("force", "outcome", "code"), found.codes)
        yield _gauge("oldest_seconds", "Since when the oldest report stands in a state that is open.", ("force", "outcome"), self._ages())
        yield _gauge("sealed_drops", "Drops that are sealed and not delivered.", ("force",), _one(found.drops))
        recent = "of reports first picked up yesterday or today"
        yield _times("delivery_seconds", f"From submission to delivery, {recent}.", found.delivery)
        yield _times("acceptance_seconds", f"From submission to the force's acceptance, {recent}.", found.acceptance)
        yield _gauge("circuit_open", "Whether an endpoint's circuit is open.", ("instance", "environment"), found.circuits)
        yield _gauge("alarms", "Alarms that stand.", ("kind", "force"), found.alarms)
        yield _gauge("paused", "Forces that an operator has paused.", ("force",), _one(dict.fromkeys(found.paused, 1)))
        if found.last_pass:
            ended = {(): found.last_pass.timestamp()}
            yield _gauge("last_pass_timestamp_seconds", "When the last pass ended.", (), ended)
        if found.balanced is not None:
            yield _gauge("balanced", "Whether the account balanced when it was drawn up last.", (), {(): found.balanced})

    def _ages(self) -> dict[tuple[str, ...], float]:
        return {place: max(0.0, (self.now - since).total_seconds()) for place, since in self.found.oldest.items()}


def _one(values: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    return {(name,): value for name, value in values.items()}


def _times(name: str, what: str, values: "Mapping[str, Times]") -> Metric:
    samples = {(force, quantile): getattr(times, of) for force, times in values.items() for quantile, of in _QUANTILES}
    return _gauge(name, what, ("force", "quantile"), samples)


def _gauge(name: str, what: str, labels: tuple[str, ...], values: Samples) -> Metric:
    family = GaugeMetricFamily(f"soh_hub_{name}", what, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, float(value))
    return family


def _counter(name: str, what: str, labels: tuple[str, ...], values: Samples) -> Metric:
    family = CounterMetricFamily(f"soh_hub_{name}", what, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, float(value))
    return family
