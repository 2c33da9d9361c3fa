"""Records built by hand, as a compiled field map would build them."""

from datetime import UTC, datetime

from hub.contracts import DropHeader
from hub.mapping.record import Node, Record, Shape, TargetField, Value
from hub.words import Environment, Lane

DROP = DropHeader(
    force="kent",
    force_code="46",
    route="records-system",
    lane=Lane.ROUTINE,
    series="k7q2",
    sequence=17,
    key="kent.records-system.routine.k7q2.000017",
    sealed_at=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    environment=Environment.SANDBOX,
)


def value(path: str, content: Value, shape: Shape = Shape.VALUE) -> Node:
    """A target field and its value."""
    return (TargetField(path.rpartition("/")[2], path, shape, ()), content)


def group(path: str, *children: Node, shape: Shape = Shape.GROUP) -> Node:
    """A target with others below it."""
    return (TargetField(path.rpartition("/")[2], path, shape, ()), list(children))


def item(path: str, *children: Node) -> Node:
    """One of several targets of one name."""
    return group(path, *children, shape=Shape.LIST)


def record(key: str, *nodes: Node) -> Record:
    """One report for one records system."""
    return Record(key, list(nodes))
