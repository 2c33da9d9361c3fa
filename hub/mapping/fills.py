"""The closures that fill a record: one for each target, made once, called for every report."""

from collections.abc import Sequence
from typing import Any

from hub.mapping.record import Node, Signal, TargetField, Value
from hub.mapping.run import Fill, Getter, Run, Source, Step, Test, Unmappable
from hub.mapping.scope import Found

_node = tuple.__new__  # a Node without the cost of its own constructor: there are forty of them in every report


def constant(field: TargetField, value: Value) -> Fill:
    """The same value for every report."""
    node = Node(field, value)

    def fill(_: Any, __: Run, nodes: list[Node]) -> None:
        nodes.append(node)

    return fill


def nothing(_: Any, __: Run, ___: list[Node]) -> None:
    """What is absent is left out."""


def empty_group(field: TargetField) -> Fill:
    """A group with nothing in it."""

    def fill(_: Any, __: Run, nodes: list[Node]) -> None:
        nodes.append(Node(field, []))

    return fill


def defaulted(field: TargetField, value: Value) -> Fill:
    """A default in the place of what is absent, signalled."""
    node, signal = Node(field, value), Signal("defaulted", field.path)

    def fill(_: Any, run: Run, nodes: list[Node]) -> None:
        run.signals.append(signal)
        nodes.append(node)

    return fill


def missing(field: TargetField) -> Fill:
    """What is absent and required makes the report unmappable."""

    def fill(_: Any, __: Run, ___: list[Node]) -> None:
        raise Unmappable("required-missing", field.path)

    return fill


def value_of_item(field: TargetField, get: Getter, steps: Sequence[Step], absent: Fill) -> Fill:
    """A field of the item itself, the commonest rule of all, on the shortest way."""
    if len(steps) == 1:
        return _value_of_item_in_one_step(field, get, steps[0], absent)
    steps = tuple(steps)

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        value = get(item)
        if value is None:
            absent(item, run, nodes)
            return
        for step in steps:
            value = step(value, run)
        nodes.append(_node(Node, (field, value)))

    return fill


def _value_of_item_in_one_step(field: TargetField, get: Getter, step: Step, absent: Fill) -> Fill:
    leave_out = absent is nothing

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        value = get(item)
        if value is not None:
            nodes.append(_node(Node, (field, step(value, run))))
        elif not leave_out:
            absent(item, run, nodes)

    return fill


def value(field: TargetField, source: Source, steps: Sequence[Step], absent: Fill) -> Fill:
    """A value from anywhere."""
    steps = tuple(steps)

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        found = source(item, run)
        if found is None:
            absent(item, run, nodes)
            return
        for step in steps:
            found = step(found, run)
        nodes.append(_node(Node, (field, found)))

    return fill


def group(field: TargetField, fills: Sequence[Fill], absent: Fill) -> Fill:
    """A group, where there is anything in it."""
    fills, leave_out = tuple(fills), absent is nothing

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        inside: list[Node] = []
        for one in fills:
            one(item, run, inside)
        if inside:
            nodes.append(_node(Node, (field, inside)))
        elif not leave_out:
            absent(item, run, nodes)

    return fill


def group_with(field: TargetField, part: Found, fills: Sequence[Fill], absent: Fill) -> Fill:
    """A group for a part, where the part is there and there is anything in the group."""
    inner, get, leave_out, of_item = group(field, fills, absent), part.getter(), absent is nothing, part.of_item

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        found = get(item if of_item else run.report)
        if found is not None:
            inner(found, run, nodes)
        elif not leave_out:
            absent(item, run, nodes)

    return fill


def each(items: Found, inner: Fill, where: Test | None, *, first: bool, absent: Fill) -> Fill:
    """What `inner` makes of every item, or of the first, for which `where` holds."""
    get, of_item = items.getter(), items.of_item
    if where is None and not first and absent is nothing:
        return _every(get, inner, of_item=of_item)

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        found = False
        for one in get(item if of_item else run.report):
            if where is None or where(one, run):
                inner(one, run, nodes)
                found = True
                if first:
                    return
        if not found:
            absent(item, run, nodes)

    return fill


def each_value(field: TargetField, items: Found, steps: Sequence[Step]) -> Fill:
    """One node for each value of a list of values."""
    get, of_item, steps = items.getter(), items.of_item, tuple(steps)

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        for value in get(item if of_item else run.report):
            written = value
            for step in steps:
                written = step(written, run)
            nodes.append(_node(Node, (field, written)))

    return fill


def _every(get: Getter, inner: Fill, *, of_item: bool) -> Fill:
    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        for one in get(item if of_item else run.report):
            inner(one, run, nodes)

    return fill


def group_of_item(field: TargetField, fills: Sequence[Fill]) -> Fill:
    """A group for an item of a list: there even where it is empty, so that as many go as came."""
    fills = tuple(fills)

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        inside: list[Node] = []
        for one in fills:
            one(item, run, inside)
        nodes.append(_node(Node, (field, inside)))

    return fill


def only_when(test: Test, inner: Fill) -> Fill:
    """Nothing at all, not even a default, where the condition does not hold."""

    def fill(item: Any, run: Run, nodes: list[Node]) -> None:
        if test(item, run):
            inner(item, run, nodes)

    return fill
