"""The commonest rules of all, fields written one after another, filled by one function.

A profile has a hundred rules of this kind, and a report a value for half of them: a call for each would cost more than the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hub.mapping import fills
from hub.mapping.record import Node, TargetField
from hub.mapping.run import Fill, Run, Step
from hub.reports.paths import Kind, Leaf, Way, one

ENDLESS = 1 << 30  # characters: more than any text has

_Row = tuple[TargetField, str, Any]  # the field, the expression that writes its value, and what stands at the {} in it


@dataclass(frozen=True, eq=False)
class Simple:
    """A rule that writes one field of the item (or of the report) through these steps, and nothing where it is absent.

    `most` is how long a printable text may be that none of the steps changes; None where that cannot be said so simply.
    """

    field: TargetField
    way: Way
    of_item: bool
    steps: tuple[Step, ...]
    fixed: bool  # whether the same value is always written the same way, without a signal
    most: int | None = None

    @property
    def part(self) -> tuple[bool, tuple[str, ...]]:
        """Where the field lies: rules of one part that follow each other are filled together."""
        return self.of_item, tuple(name for name, _ in self.way.steps[:-1])


def batched(made: Sequence[Fill | Simple]) -> list[Fill]:
    """The fills in their order, simple rules that follow each other made one."""
    found: list[Fill] = []
    for simple, run in groupby(made, key=lambda rule: isinstance(rule, Simple)):
        rules = list(run)
        if simple:
            found.append(_together([rule for rule in rules if isinstance(rule, Simple)]))
        else:
            found += [rule for rule in rules if not isinstance(rule, Simple)]
    return found


def alone(made: Fill | Simple) -> Fill:
    """A fill by itself: for what goes around it, such as a condition."""
    if not isinstance(made, Simple):
        return made
    if not made.way.steps:  # an item of a list of values is its own value
        return fills.value_of_item(made.field, one(made.way), made.steps, fills.nothing)
    return _together([made])


def _together(rules: Sequence[Simple]) -> Fill:
    """One function for all of these fields, its lines written out field by field, as `dataclasses` writes its own: a loop costs double.

    Nothing of a file gets into its source but the names of the model's own fields.
    """
    lines = ["def fill(item, run, nodes):", " add = nodes.append"]
    known: dict[str, Any] = {"new": tuple.__new__, "Node": Node}
    numbered = enumerate(rules)
    for (of_item, part), run in groupby(numbered, key=lambda pair: pair[1].part):
        at, indent = "item" if of_item else "run.report", " "
        for name in part:
            lines.append(f"{indent}if (part := {at}.{name}) is not None:")
            at, indent = "part", indent + " "
        lines.append(f"{indent}fields = {at}.__dict__")  # where a model keeps its fields
        for number, rule in run:
            field, write, what = _row(rule)
            known |= {f"field{number}": field, f"what{number}": what}
            lines.append(f"{indent}if (value := fields[{rule.way.steps[-1][0]!r}]) is not None:")
            lines.append(f"{indent} add(new(Node, (field{number}, {write.format(f'what{number}')})))")
    made: dict[str, Fill] = {}
    exec("\n".join(lines), known, made)  # noqa: S102 - see above
    return made["fill"]


def _row(rule: Simple) -> _Row:
    """How a value is written: as it is, by a table made beforehand, as a text that is mostly left alone, or step by step."""
    leaf = rule.way.end
    if not rule.steps:
        return rule.field, "value", None
    if rule.most is not None:
        unchanged = "value.isprintable()" if rule.most >= ENDLESS else f"value.isprintable() and len(value) <= {rule.most}"
        return rule.field, f"value if {unchanged} else {{}}(value, run)", _chain(rule.steps)
    if rule.fixed and isinstance(leaf, Leaf) and (values := _every_value(leaf)):
        return rule.field, "{}[value]", {value: _chain(rule.steps)(value, _NOBODY) for value in values}
    return rule.field, "{}(value, run)", _chain(rule.steps)


def _every_value(leaf: Leaf) -> Iterable[Any]:
    return (True, False) if leaf.kind is Kind.BOOLEAN else leaf.codes


def _chain(steps: tuple[Step, ...]) -> Step:
    if len(steps) == 1:
        return steps[0]

    def chained(value: Any, run: Run) -> Any:
        for step in steps:
            value = step(value, run)
        return value

    return chained


_NOBODY: Any = None  # the run that steps without signals never ask
