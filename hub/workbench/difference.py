"""What a changed mapping changes: the same reports by the rules of then and of now, compared target by target."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from hub.forces.force import Route
from hub.mapping.record import Node
from hub.mapping.run import Unmappable
from hub.reports.model import Report
from hub.workbench.preview import text_of

NOT_MAPPABLE = "(no record)"  # stands for a target where the report as a whole goes to quarantine


class Change(NamedTuple):
    """How a target of one report differs."""

    target: str
    kind: str  # `changed`, `new`, `gone`
    before: str
    after: str


@dataclass
class Difference:
    """The differences of many reports: how many reports each target and kind of change touches, and some examples with their values."""

    reports: int = 0
    touched: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    signals: Counter[tuple[str, str, int]] = field(default_factory=Counter)  # kind, target; -1 gone, 1 new
    examples: dict[tuple[str, str], list[Change]] = field(default_factory=lambda: defaultdict(list))


_EXAMPLES = 3


def difference(before: Route, after: Route, reports: Iterable[Report], day: date) -> Difference:
    """The reports by both routes' field maps, as they hold on a day."""
    found = Difference()
    for report in reports:
        was, is_ = _mapped(before, report, day), _mapped(after, report, day)
        changes = list(_changes(was.values, is_.values))
        found.reports += 1
        found.touched += bool(changes) or was.signals != is_.signals
        for change in changes:
            key = (change.target, change.kind)
            found.counts[key] += 1
            if len(found.examples[key]) < _EXAMPLES:
                found.examples[key].append(change)
        found.signals.update((*signal, 1) for signal in is_.signals - was.signals)
        found.signals.update((*signal, -1) for signal in was.signals - is_.signals)
    return found


def settings_changed(before: Route, after: Route) -> dict[str, tuple[str, str]]:
    """What else differs between the routes, by name: format options, drops, where they go. No secret stands in a route."""
    was, is_ = _settings(before), _settings(after)
    return {name: (was.get(name, "—"), is_.get(name, "—")) for name in sorted(was.keys() | is_.keys()) if was.get(name) != is_.get(name)}


class _Mapped(NamedTuple):
    values: Mapping[str, tuple[str, ...]]
    signals: Counter[tuple[str, str]]


def _mapped(route: Route, report: Report, day: date) -> _Mapped:
    try:
        record = route.mapping(report.service).apply(report, day)
    except Unmappable as fault:
        return _Mapped({NOT_MAPPABLE: (f"{fault.code} at {fault.path}",)}, Counter())
    values: dict[str, list[str]] = defaultdict(list)
    _gather(record.nodes, values)
    signals = Counter((signal.kind, signal.field) for signal in record.signals)
    return _Mapped({path: tuple(some) for path, some in values.items()}, signals)


def _gather(nodes: list[Node], values: dict[str, list[str]]) -> None:
    for one, content in nodes:
        if isinstance(content, list):
            _gather(content, values)
        else:
            values[one.path].append(text_of(content))


def _changes(was: Mapping[str, tuple[str, ...]], is_: Mapping[str, tuple[str, ...]]) -> Iterable[Change]:
    for target in dict.fromkeys((*was, *is_)):
        before, after = was.get(target), is_.get(target)
        if before != after:
            kind = "new" if before is None else "gone" if after is None else "changed"
            yield Change(target, kind, ", ".join(before or ()), ", ".join(after or ()))


def _settings(route: Route) -> dict[str, str]:
    drops = {f"drops.{name}": str(getattr(route.drops, name)) for name in type(route.drops).__dataclass_fields__}
    format_ = {f"format.{name}": str(value) for name, value in route.format.items() if name != "tables"}
    transport = {f"transport.{name}": str(value) for name, value in route.transport.items()}
    return {"profile": route.profile, "endpoint": str(route.endpoint.instance), **format_, **drops, **transport}
