"""What a field map does, rule by rule, in the order of its file: made once, when the map is loaded, and written out by `straight_line`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hub.mapping.record import Node, Signal, TargetField
from hub.mapping.run import Source, Step, Test
from hub.mapping.scope import Found


@dataclass(frozen=True, eq=False)
class Instead:
    """What stands in the place of what is absent: a node, perhaps signalled; or, where it is `required`, its path and no record."""

    node: Node | None = None
    signal: Signal | None = None
    required: str | None = None


@dataclass(frozen=True, eq=False)
class Constant:
    """The same node for every report."""

    node: Node


@dataclass(frozen=True, eq=False)
class Value:
    """A value from anywhere, through these steps in order. `found` where it is a field of the item or the report; else `source` has it.

    `instead` is None where what is absent is left out.
    """

    field: TargetField
    steps: tuple[Step, ...]
    found: Found | None
    source: Source
    instead: Instead | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """What is below a name, where there is anything; of the `part`, where one is named and is there."""

    field: TargetField
    below: Sequence["Rule"]
    part: Found | None = None
    instead: Instead | None = None
    always: bool = False  # there even where it is empty: an item of a list, so that as many go as came


@dataclass(frozen=True, eq=False)
class Each:
    """What `inner` makes of every item, or of the first, for which `where` holds; `instead` where there is none."""

    items: Found
    inner: "Rule"
    where: Test | None = None
    first: bool = False
    instead: Instead | None = None


@dataclass(frozen=True, eq=False)
class When:
    """Nothing at all, not even a default, where the condition does not hold."""

    test: Test
    inner: "Rule"


Rule: TypeAlias = Constant | Value | Group | Each | When
