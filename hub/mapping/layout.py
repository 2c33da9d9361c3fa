"""What a kind of format cannot take of a field map, found when the map is loaded, at the target that is in the way.

A tree (JSON, a form) has one place for a name in each group, a row (CSV, fixed width) one for a column, an XML element one for an
attribute. Two targets that share it by `name` are a choice: each has a condition that says when it is the one. Whether both hold of one
report only the report tells: the format then refuses it.
"""

from collections.abc import Iterable, Iterator, Mapping

from hub.documents import Fault
from hub.mapping.declared import Target

_TREES = frozenset({"json", "form"})
_ROWS = frozenset({"csv", "fixed-width"})


def crowded(targets: Iterable[Target], format_name: object) -> Iterator[Fault]:
    """The targets whose place another one has already, in a format of this name; none for a format of a package outside this tree."""
    if format_name in _TREES:
        yield from _in_tree(targets)
    elif format_name == "xml":
        yield from _attributes(targets)
    elif format_name in _ROWS:
        for table in targets:
            yield from _in_row(table.below, table.path, {}, sometimes=False)


def without_width(targets: Iterable[Target], columns: Mapping[str, Iterable[str]]) -> Iterator[Fault]:
    """These columns, by table, at the first rule of each: a line of fixed columns needs the width of them all."""
    for table in targets:
        missing = set(columns.get(table.path, ()))
        for target in _values(table.below):
            if target.name in missing:
                missing.remove(target.name)
                message = f"fixed-width: the column {table.path}/{target.name} has no `width`"
                yield target.fault("", message, "give its rule in the field map a `width`, in characters")


def _in_tree(targets: Iterable[Target]) -> Iterator[Fault]:
    taken: dict[str, Target] = {}
    for target in targets:
        other = taken.setdefault(target.name, target)
        if other is not target and not (_several(other) and _several(target)) and not (_sometimes(other) and _sometimes(target)):
            yield _crowding(target, f"would be written over {other.path!r}: a group has one {target.name!r}")
        yield from _in_tree(target.below)


def _attributes(targets: Iterable[Target]) -> Iterator[Fault]:
    taken: dict[str, Target] = {}
    for target in targets:
        if target.name[0] in "@#":
            other = taken.setdefault(target.name, target)
            if other is not target and not (_sometimes(other) and _sometimes(target)):
                yield _crowding(target, f"would stand beside {other.path!r}: an element has one {target.name!r}")
        yield from _attributes(target.below)


def _in_row(targets: Iterable[Target], table: str, taken: dict[str, tuple[Target, bool]], *, sometimes: bool) -> Iterator[Fault]:
    """Groups inside a row only order its columns, and all share one row; a condition on one holds for all in it."""
    for target in targets:
        conditional = sometimes or _sometimes(target)
        if target.below:
            yield from _in_row(target.below, table, taken, sometimes=conditional)
            continue
        other, also = taken.setdefault(target.name, (target, conditional))
        if other is not target and not (also and conditional):
            yield _crowding(target, f"would stand beside {other.path!r}: a row of {table} has one {target.name!r}")


def _values(targets: Iterable[Target]) -> Iterator[Target]:
    for target in targets:
        if target.below:
            yield from _values(target.below)
        else:
            yield target


def _several(target: Target) -> bool:
    return bool(target.rule.each) and not target.rule.first


def _sometimes(target: Target) -> bool:
    return bool(target.rule.when or target.rule.unless)


def _crowding(target: Target, message: str) -> Fault:
    hint = "give one of them another name, or give each a `when` or `unless` that says which it is"
    key = "name" if "name" in target.said else ""
    return target.fault(key, message, hint)
