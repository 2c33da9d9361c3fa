"""Which line of which file decides what becomes of a field, or what fills a target."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hub.documents import did_you_mean
from hub.mapping.accounting import STRUCTURAL, covering
from hub.mapping.declared import Target
from hub.reports.paths import Leaf, find, names_below, report_paths
from hub.workbench.opened import Line, OpenMap, OpenRoute
from hub.workbench.rules import rule_of


class UnknownField(Exception):
    """Neither the report nor a map of this force has this path; the text has the nearest that there is."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What decides, in one of a route's field maps: `says` is the rule's key or the reason, `line` where it stands."""

    route: str
    map: str
    field: str | None  # of the report; None where a target was asked for
    target: str | None  # None where the field goes nowhere
    says: str
    line: Line | None  # None for what needs no mention in any file


def explain(opened: Sequence[OpenRoute], path: str) -> list[Decision]:
    """The decisions about a field (or every field of a part) of the report, or about a target. Raises UnknownField."""
    way = find(report_paths(), path)
    if way is not None and path:
        leaves = [way.end] if isinstance(way.end, Leaf) else list(way.end.leaves())
        return [decision for at, one in _maps(opened) for leaf in leaves for decision in _of_field(at, one, leaf.path)]
    decisions = [decision for at, one in _maps(opened) for decision in _of_target(at, one, path)]
    if not decisions:
        raise UnknownField(_unknown(opened, path))
    return decisions


def _maps(opened: Iterable[OpenRoute]) -> Iterator[tuple[str, OpenMap]]:
    return ((each.route.name, one) for each in opened for one in each.maps if one.services)


def _of_field(route: str, one: OpenMap, field: str) -> Iterator[Decision]:
    readers = [one.targets[path] for path in one.compiled.read_by.get(field, ()) if path in one.targets]
    for target in readers:
        yield from _rules(route, one, target, field)
    if readers:
        return
    if entry := covering(field, {name: each.reason for name, each in one.ignored.items()}):
        ignored = one.ignored[entry]
        yield Decision(route, one.name, field, None, f"ignored: {ignored.reason}", ignored.line)
    elif field in STRUCTURAL:
        yield Decision(route, one.name, field, None, "structural: it is in the shape of the record", None)
    else:
        yield Decision(route, one.name, field, None, "not read by this map", None)


def _of_target(route: str, one: OpenMap, path: str) -> Iterator[Decision]:
    if path in one.targets:
        yield from _rules(route, one, one.targets[path], None)
    elif path in one.removed:
        yield Decision(route, one.name, None, path, "remove: true", one.removed[path])


def _rules(route: str, one: OpenMap, target: Target, field: str | None) -> Iterator[Decision]:
    for said in rule_of(target):
        yield Decision(route, one.name, field, target.path, said.text, said.line)


def _unknown(opened: Sequence[OpenRoute], path: str) -> str:
    known = [*names_below(report_paths()), *(target for _, one in _maps(opened) for target in (*one.targets, *one.removed))]
    hint = did_you_mean(path, known) or "name a field of the report (`people.family_name`) or a target (`persons/SURNAME`)"
    return f"neither the report nor a field map of this force has {path!r}; {hint}"
