"""Writes the plan of a field map out as one Python function, as a person would write it for that records system alone.

A profile has a hundred rules, and a report values for half of them: a call for each of them would cost more than the work. So the
rules are written out line by line, as `dataclasses` and `namedtuple` write their own, and compiled once. Nothing of a file gets into
the source but the names of the model's own fields, and lengths: all else (names, texts, steps, conditions) it knows by a number.
See docs/decisions/0013-field-maps-are-written-out.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from hub.mapping.plan import Constant, Each, Group, Instead, Rule, Value, When
from hub.mapping.record import Node, TargetField
from hub.mapping.run import Run, Step, Tables, Unmappable, chained
from hub.mapping.scope import Found
from hub.reports.paths import Kind, Leaf

Fill = Callable[[Any, Run, list[Node]], None]  # adds to the nodes what a report has for every rule

_DEEPEST = 12  # levels of blocks in one function: Python has a limit of 20 loops


@dataclass(frozen=True, eq=False)
class Coded:
    """A rule with a code list: what each of its codes becomes can be said beforehand, for a day."""

    field: TargetField
    steps: tuple[Step, ...]
    codes: tuple[str, ...]

    def on(self, tables: Tables) -> Mapping[Any, Node]:
        """The finished nodes, by code, of all codes that need no signal."""
        return _finished(self.field, self.steps, self.codes, tables)


@dataclass(frozen=True, eq=False)
class Written:
    """A field map as a function, and the rules whose nodes it wants for the day, in the order of `Run.ready`."""

    fill: Fill
    coded: tuple[Coded, ...]
    source: str


def written_out(rules: Sequence[Rule], codes_of: Sequence[Iterable[str]]) -> Written:
    """One function for all of these rules; `codes_of` has for each code list the codes that are in it, by its number."""
    author = _Author([tuple(dict.fromkeys(codes)) for codes in codes_of])
    author.function("fill", rules)
    source = "\n".join(author.source)
    exec(compile(source, "<field map>", "exec"), author.known)  # noqa: S102 - see above
    return Written(author.known["fill"], tuple(author.coded), source)


@dataclass(frozen=True)
class _Scope:
    """Where a line stands: the names of the item and of the list of nodes to add to, and how far in."""

    item: str
    nodes: str
    depth: int

    def deeper(self, *, item: str = "", nodes: str = "") -> "_Scope":
        return _Scope(item or self.item, nodes or self.nodes, self.depth + 1)

    def adding_to(self, nodes: str) -> "_Scope":
        return _Scope(self.item, nodes, self.depth)


@dataclass
class _Author:
    """Writes the functions of one map, and keeps what they know by name."""

    codes_of: Sequence[tuple[str, ...]]
    source: list[str] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=lambda: {"Unmappable": Unmappable})
    coded: list[Coded] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    number: int = 0

    def function(self, name: str, rules: Sequence[Rule]) -> None:
        """A function of its own: the map's, or that of rules which stand too deep in it."""
        around, self.lines = self.lines, []
        self.rules(rules, _Scope("item", "nodes", 1))
        self.source += [f"def {name}(item, run, nodes):", " report, ready = run.report, run.ready", *self.lines]
        self.lines = around

    def rules(self, rules: Sequence[Rule], here: _Scope) -> None:
        """The lines of these rules; fields of one part that follow each other are read from it together."""
        if here.depth > _DEEPEST:
            name = self._number("deeper")
            self.function(name, rules)
            self._line(here, f"{name}({here.item}, run, {here.nodes})")
            return
        for (of_item, part), run in groupby(rules, key=_part):
            if part is None:
                for rule in run:
                    self._rule(rule, here)
            else:
                self._fields(of_item, part, [rule for rule in run if isinstance(rule, Value)], here)

    def _rule(self, rule: Rule, here: _Scope) -> None:
        match rule:
            case Constant(node):
                self._line(here, f"{here.nodes}.append({self._know('node', node)})")
            case Value():
                self._value(rule, here)
            case Group():
                self._group(rule, here)
            case Each():
                self._each(rule, here)
            case When(test, inner):
                self._line(here, f"if {self._know('test', test)}({here.item}, run):")
                self.rules([inner], here.deeper())

    # values

    def _fields(self, of_item: bool, part: tuple[str, ...], rules: Sequence[Value], here: _Scope) -> None:
        """Values that are left out where they are absent, of the item itself or of one part of it."""
        inside, at = self._inside(of_item, part, here)
        for rule in rules:
            assert rule.found  # noqa: S101 - `_part` gives a part to no other
            self._line(inside, f"if (value := {at}.{rule.found.way.steps[-1][0]}) is not None:")
            self._add(rule, "value", inside.deeper())

    def _value(self, rule: Value, here: _Scope) -> None:
        if rule.found and not rule.found.way.steps and rule.found.of_item:  # an item of a list of values is its own value
            self._add(rule, here.item, here)
            return
        self._line(here, f"if (value := {self._know('source', rule.source)}({here.item}, run)) is not None:")
        self._add(rule, "value", here.deeper())
        if rule.instead:
            self._line(here, "else:")
            self._instead(rule.instead, here.deeper())

    def _add(self, rule: Value, value: str, here: _Scope) -> None:
        """The node of a value that is there: made beforehand, as it is, mostly as it is, or step by step."""
        if nodes := self._beforehand(rule):
            self._line(here, f"{here.nodes}.append({self._know('nodes', nodes)}[{value}])")
            return
        node = f"({self._know('field', rule.field)}, {self._steps(rule, value)})"
        if (coded := self._coded(rule)) is not None:
            node = f"ready[{coded}].get({value}) or {node}"
        self._line(here, f"{here.nodes}.append({node})")

    def _steps(self, rule: Value, value: str) -> str:
        """The expression that writes a value."""
        if all(step.plain for step in rule.steps):
            for step in rule.steps:
                value = f"{self._know('write', step.plain)}({value})"
            return value
        written = f"{self._know('steps', chained(rule.steps))}({value}, run)"
        if not all(step.untouched for step in rule.steps):
            return written
        unchanged = dict.fromkeys(step.untouched.format(value) for step in rule.steps)
        return f"{value} if {' and '.join(unchanged)} else {written}"

    def _beforehand(self, rule: Value) -> Mapping[Any, Node] | None:
        """The finished nodes of a field that has few values, where none of them needs the day or a signal."""
        leaf = rule.found.way.end if rule.found else None
        if not isinstance(leaf, Leaf) or any(step.codes is not None for step in rule.steps):
            return None
        values = (True, False) if leaf.kind is Kind.BOOLEAN else leaf.codes
        nodes = _finished(rule.field, rule.steps, values, ())
        return nodes if values and len(nodes) == len(values) else None

    def _coded(self, rule: Value) -> int | None:
        """Which of the rules with a code list this is; None where it is none."""
        lists = [step.codes for step in rule.steps if step.codes is not None]
        leaf = rule.found.way.end if rule.found else None
        if len(lists) != 1 or not isinstance(leaf, Leaf) or leaf.kind not in (Kind.TEXT, Kind.CODE):
            return None
        self.coded.append(Coded(rule.field, rule.steps, self.codes_of[lists[0]]))
        return len(self.coded) - 1

    # groups

    def _group(self, rule: Group, here: _Scope) -> None:
        inside = self._number("inside")
        if rule.part is None:
            self._line(here, f"{inside} = []")
            self.rules(rule.below, here.adding_to(inside))
            self._close(rule, inside, here)
            return
        if rule.instead:  # it stands in the place of a part that is absent, and of one with nothing in it
            self._line(here, f"{inside} = []")
        within = self._way(rule.part, here)
        if not rule.instead:
            self._line(within, f"{inside} = []")
        self.rules(rule.below, within.adding_to(inside))
        self._close(rule, inside, here if rule.instead else within)

    def _close(self, rule: Group, inside: str, here: _Scope) -> None:
        within = here
        if not rule.always:
            self._line(here, f"if {inside}:")
            within = here.deeper()
        self._line(within, f"{here.nodes}.append(({self._know('field', rule.field)}, {inside}))")
        if rule.instead:
            self._line(here, "else:")
            self._instead(rule.instead, here.deeper())

    def _each(self, rule: Each, here: _Scope) -> None:
        one, found = self._number("one"), self._number("found")
        if rule.instead:
            self._line(here, f"{found} = False")
        within, items = self._list(rule.items, here)
        self._line(within, f"for {one} in {items}:")
        inside = within.deeper(item=one)
        if rule.where:
            self._line(inside, f"if {self._know('test', rule.where)}({one}, run):")
            inside = inside.deeper()
        self.rules([rule.inner], inside)
        if rule.instead:
            self._line(inside, f"{found} = True")
        if rule.first:
            self._line(inside, "break")
        if rule.instead:
            self._line(here, f"if not {found}:")
            self._instead(rule.instead, here.deeper())

    def _instead(self, instead: Instead, here: _Scope) -> None:
        if instead.required is not None:
            self._line(here, f"raise Unmappable('required-missing', {self._know('path', instead.required)})")
            return
        if instead.signal:
            self._line(here, f"run.signals.append({self._know('signal', instead.signal)})")
        self._line(here, f"{here.nodes}.append({self._know('node', instead.node)})")

    # ways

    def _inside(self, of_item: bool, part: tuple[str, ...], here: _Scope) -> tuple[_Scope, str]:
        """Inside a part, where it is there; and the name by which the function has it until the next part is asked for."""
        at = here.item if of_item else "report"
        for name in part:
            self._line(here, f"if (part := {at}.{name}) is not None:")
            here, at = here.deeper(), "part"
        return here, at

    def _way(self, found: Found, here: _Scope) -> _Scope:
        """Inside the part that a way leads to."""
        at, part = here.item if found.of_item else "report", self._number("part")
        if len(found.way.steps) == 1:
            self._line(here, f"if ({part} := {at}.{found.way.steps[0][0]}) is not None:")
        else:
            self._line(here, f"if ({part} := {self._know('get', found.getter())}({at})) is not None:")
        return here.deeper(item=part)

    def _list(self, items: Found, here: _Scope) -> tuple[_Scope, str]:
        """Where the items of a list may be asked for, and the expression of it."""
        names = tuple(name for name, _ in items.way.steps)
        if any(many for _, many in items.way.steps[:-1]):
            return here, f"{self._know('get', items.getter())}({here.item if items.of_item else 'report'})"
        inside, at = self._inside(items.of_item, names[:-1], here)
        return inside, f"{at}.{names[-1]}"

    # what every line needs

    def _line(self, here: _Scope, text: str) -> None:
        self.lines.append(" " * here.depth + text)

    def _know(self, kind: str, value: object) -> str:
        """A name under which the functions know this."""
        name = self._number(kind)
        self.known[name] = value
        return name

    def _number(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"


def _part(rule: Rule) -> tuple[bool, tuple[str, ...] | None]:
    """Where a rule's field lies; None where it is no field of a part, or where something stands in its place when it is absent."""
    if not isinstance(rule, Value) or rule.found is None or rule.instead or not rule.found.way.steps:
        return False, None
    return rule.found.of_item, tuple(name for name, _ in rule.found.way.steps[:-1])


def _finished(what: TargetField, steps: tuple[Step, ...], values: Iterable[Any], tables: Tables) -> dict[Any, Node]:
    """The nodes of those values that need no signal."""
    found: dict[Any, Node] = {}
    for value in values:
        run = Run(None, tables)  # type: ignore[arg-type] # no step asks for the report
        try:
            written = chained(steps)(value, run)
        except Unmappable:
            continue
        if not run.signals:
            found[value] = (what, written)
    return found
