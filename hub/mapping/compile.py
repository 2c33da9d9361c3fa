"""Compiles a declared field map into a plan, once, when it is loaded; every mistake in it is found here, with its line."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.documents import Fault, InvalidDocument, did_you_mean
from hub.mapping import sources
from hub.mapping.codes import CodeList
from hub.mapping.conditions import Impossible, all_of, none_of, test_of
from hub.mapping.declared import Target, contradictions
from hub.mapping.fieldmap import FieldMap, shape_of
from hub.mapping.functions import FUNCTIONS
from hub.mapping.markup import Namespaces, cell_of
from hub.mapping.plan import Constant, Each, Group, Instead, Rule, Value, When
from hub.mapping.record import Signal, TargetField
from hub.mapping.rendering import TEXTS, TYPED, Unfit, characters, in_letters, limit, steps_for, typed, without_formulas
from hub.mapping.rules import SOURCES
from hub.mapping.run import Source, Step, Test, Unmappable
from hub.mapping.scope import Found, Scope, UnknownPath
from hub.reports.model import Report
from hub.reports.paths import Kind, Leaf, report_paths

__all__ = ["FieldMap", "Unmappable", "compile_map"]

CodesOf = Callable[[str], CodeList]  # a code list by its name; raises InvalidDocument

_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def compile_map(
    targets: Iterable[Target], ignored: Mapping[str, str], codes_of: CodesOf, letters: str | None = None, *, formulas: bool = True
) -> tuple[FieldMap, list[Fault]]:
    """The field map, and everything that is wrong with it; only a map without faults may be used.

    `letters` (`cp1252`, `ascii`) is the most that the target can hold: every text is transliterated to it, signalled; those of
    the map itself once, without a signal. Without `formulas` what a spreadsheet would run is made harmless, signalled.
    """
    compiler = _Compiler(codes_of, letters, formulas)
    made = compiler.every(targets, Scope(report_paths()))
    compiler.faults += compiler.dangling()
    read_by = {path: tuple(dict.fromkeys(readers)) for path, readers in compiler.read_by.items()}
    return FieldMap(made, compiler.targets, compiler.lists, read_by, ignored), compiler.faults


class _Wrong(Exception):
    """A rule that cannot be compiled: its fault is noted, and the next rule is looked at."""


@dataclass
class _Value:
    """A source that was understood: what it gives, and the fields that it reads. `plain` where it is a field of the item itself."""

    kind: Kind
    source: Source
    reads: tuple[str, ...] = ()
    plain: Found | None = None
    translated: bool = False


@dataclass
class _Compiler:
    """Walks the targets of one map, and gathers what is wrong, what is read and which code lists are used."""

    codes_of: CodesOf
    letters: str | None = None
    formulas: bool = True
    faults: list[Fault] = field(default_factory=list)
    targets: list[TargetField] = field(default_factory=list)
    lists: list[CodeList] = field(default_factory=list)
    read_by: dict[str, list[str]] = field(default_factory=dict)
    namespaces: Namespaces = field(default_factory=Namespaces)
    given: set[str] = field(default_factory=set)  # the kinds of identifier that elements are given
    asked: list[Target] = field(default_factory=list)  # targets that refer to one

    def dangling(self) -> Iterator[Fault]:
        """References to a kind of identifier that no target gives."""
        for target in self.asked:
            if (name := str(target.rule.ref)) not in self.given:
                yield target.fault("ref", f"no target gives the `id` {name!r}", did_you_mean(name, self.given))

    def every(self, targets: Iterable[Target], scope: Scope) -> list[Rule]:
        """The rules of these targets; one that is wrong has none, and a fault."""
        made: list[Rule] = []
        for target in targets:
            try:
                made.append(self._target(target, scope))
            except _Wrong:
                continue
        return made

    def _target(self, target: Target, scope: Scope) -> Rule:
        if wrong := list(contradictions(target)):
            self.faults += wrong
            raise _Wrong
        rule = target.rule
        self.namespaces.enter(target)
        when = self._tests(target, "when", rule.when, scope) if rule.when else None
        unless = self._tests(target, "unless", rule.unless, scope) if rule.unless else None
        made: Rule
        if rule.each:
            made = self._each(target, scope)
        elif "fields" in target.said or target.below:
            made = self._group(target, scope)
        else:
            made = self._value(target, scope)
        made = When(none_of(unless), made) if unless else made
        return When(when, made) if when else made

    # groups

    def _each(self, target: Target, scope: Scope) -> Rule:
        rule = target.rule
        made: Rule
        items = self._find(target, "each", str(rule.each), scope)
        if not items.many:
            raise self._refused(
                target, "each", f"{rule.each!r} is no list", "use `with`" if not isinstance(items.end, Leaf) else "use `from`"
            )
        if not target.below and not isinstance(items.end, Leaf) and not target.said.keys() & set(SOURCES):
            message = f"the items of {rule.each!r} have fields of their own"
            raise self._refused(target, "each", message, "give `fields`, or a source of the value")
        inside = scope.inside(items.end)
        self._read(target, items)
        where = self._tests(target, "where", rule.where, inside) if rule.where else None
        if target.below:
            made = Group(self._field(target, items.leaves()), self.every(target.below, inside), always=True)
        else:
            made = self._value(target, inside)
        instead = None
        if rule.required and target.below:
            instead = Instead(required=target.path)
        elif rule.first and not target.below and rule.literal is None:
            instead = self._instead(target, self._field(target))
        return Each(items, made, where, rule.first, instead)

    def _group(self, target: Target, scope: Scope) -> Rule:
        rule = target.rule
        part = self._part(target, rule.with_, scope) if rule.with_ else None
        below = self.every(target.below, scope.inside(part.end) if part else scope)
        here = self._field(target)
        instead = Instead(required=target.path) if rule.required else Instead((here, [])) if rule.empty else None
        return Group(here, below, part, instead)

    def _part(self, target: Target, path: str, scope: Scope) -> Found:
        """What a `with` leads to."""
        part = self._find(target, "with", path, scope)
        if part.many:
            raise self._refused(target, "with", f"{path!r} is a list", "use `each`")
        if isinstance(part.end, Leaf):
            raise self._refused(target, "with", f"{path!r} is a field, not a part with fields of its own", "use `from`")
        return part

    # values

    def _value(self, target: Target, scope: Scope) -> Rule:
        rule = target.rule
        if rule.literal is not None:
            return self._literal(target, rule.literal)
        value = self._source_inside(target, rule.with_, scope) if rule.with_ else self._source(target, scope)
        here = self._field(target, value.reads)
        self.targets.append(here)
        for path in value.reads:
            self.read_by.setdefault(path, []).append(target.path)
        steps = tuple(self._steps(target, value))
        return Value(here, steps, value.plain, value.source, self._instead(target, here))

    def _literal(self, target: Target, text: str) -> Rule:
        rule = target.rule
        for key in ("lookup", "default", "required", "empty", "with"):
            if key in target.said:
                hint = f"use `when: {{{rule.with_}: present}}`" if key == "with" else None
                raise self._refused(target, key, f"`{key}` does nothing to a literal", hint)
        for key, most in (("max", rule.max), ("width", rule.width)):
            if most and len(text) > most:
                raise self._refused(target, "literal", f"the literal is longer than its `{key}`, {most}")
        here = self._field(target)
        self.targets.append(here)
        return Constant((here, self._typed(target, "literal", in_letters(text, self.letters))))

    def _instead(self, target: Target, here: TargetField) -> Instead | None:
        rule = target.rule
        if rule.default is not None:
            default = self._typed(target, "default", in_letters(rule.default, self.letters))
            return Instead((here, default), Signal("defaulted", target.path))
        if rule.required:
            return Instead(required=target.path)
        return Instead((here, None)) if rule.empty else None

    def _steps(self, target: Target, value: _Value) -> list[Step]:
        rule, formats = target.rule, target.rule.format or []
        steps: list[Step] = []
        if rule.lookup and not value.translated:
            steps = self._written(target, value.kind, [])
            steps.append(self._translate(target))
            value = _Value(Kind.CODE, value.source, translated=True)
        if TYPED & set(formats):
            if wrong := next((key for key in ("max", "only", "width") if key in target.said), None):
                raise self._refused(target, wrong, f"`{wrong}` is for texts, and this format keeps another type")
            return steps + self._written(target, value.kind, formats, translated=value.translated)
        return [*steps, *self._written(target, value.kind, formats), *self._fitted(target, value.kind)]

    def _fitted(self, target: Target, kind: Kind) -> Iterator[Step]:
        """What makes a text fit its place: its letters, its length."""
        rule = target.rule
        if self.letters:
            yield from self._written(target, Kind.CODE, [self.letters])
        if rule.only:
            yield characters(rule.only, target.path)
        if rule.width:
            yield from self._written(target, Kind.CODE, ["one-line"])
        if not self.formulas and kind in TEXTS:
            yield without_formulas(target.path)
        for most in (rule.max, rule.width):
            if most:
                yield limit(most, target.path)

    def _written(self, target: Target, kind: Kind, formats: Sequence[str], *, translated: bool = False) -> list[Step]:
        try:
            return steps_for(kind, formats, target.path, translated=translated)
        except Unfit as unfit:
            raise self._refused(target, "format", str(unfit)) from None

    def _translate(self, target: Target) -> Step:
        rule, name = target.rule, str(target.rule.lookup)
        try:
            codes = self.codes_of(name)
        except InvalidDocument as invalid:
            raise self._refused(target, "lookup", f"the code list {name!r} cannot be used: {invalid.faults[0]}") from None
        for row in codes.rows:
            self._typed(target, "lookup", row.translation.value, f"line {row.line} of {codes.file}: ")
        if codes not in self.lists:
            self.lists.append(codes)
        unmapped = None if rule.unmapped in (None, "quarantine") else rule.unmapped
        return sources.translation(self.lists.index(codes), target.path, unmapped)

    def _typed(self, target: Target, key: str, text: str, where: str = "") -> Any:
        try:
            return typed(text, target.rule.format or [])
        except (ValueError, ArithmeticError):
            raise self._refused(target, key, f"{where}{text!r} does not fit the format {', '.join(target.rule.format or [])}") from None

    # sources

    def _source(self, target: Target, scope: Scope) -> _Value:
        rule = target.rule
        if rule.join is not None:
            return self._join(target, rule.join, scope)
        if rule.template is not None:
            return self._template(target, rule.template, scope)
        if rule.call is not None:
            return self._call(target, rule.call, scope)
        if rule.either is not None:
            return self._either(target, rule.either, scope)
        if rule.id is not None or rule.ref is not None:
            return self._identity(target, scope)
        path = rule.from_ or "."  # an `each` over a list of values, without `from`: the value itself
        found = self._leaf(target, "from", path, scope)
        if found.many:
            raise self._refused(target, "from", f"{path!r} has several values", "use `each` or `join`")
        assert isinstance(found.end, Leaf)  # noqa: S101 - `_leaf` gives nothing else
        return _Value(found.end.kind, found.source(), found.leaves(), plain=found)

    def _join(self, target: Target, paths: Sequence[str], scope: Scope) -> _Value:
        """With a `lookup`, each of the values is translated before they are joined."""
        found = [self._leaf(target, "join", path, scope) for path in paths]
        pieces = []
        for one in found:
            assert isinstance(one.end, Leaf)  # noqa: S101 - `_leaf` gives nothing else
            steps = self._written(target, one.end.kind, [])
            pieces.append((one.source(), one.many, (*steps, self._translate(target)) if target.rule.lookup else tuple(steps)))
        reads = tuple(path for one in found for path in one.leaves())
        by = ", " if target.rule.by is None else target.rule.by
        return _Value(Kind.CODE, sources.joined(pieces, by), reads, translated=bool(target.rule.lookup))

    def _template(self, target: Target, template: str, scope: Scope) -> _Value:
        pieces = _IN_BRACES.split(template)
        texts, paths = pieces[::2], pieces[1::2]
        if not paths or any("{" in text or "}" in text for text in texts):
            raise self._refused(target, "template", "a template has paths in braces: '{reference}/{.id}'")
        found = [self._leaf(target, "template", path, scope) for path in paths]
        if several := next((path for path, one in zip(paths, found, strict=True) if one.many), None):
            raise self._refused(target, "template", f"{several!r} has several values", "use `each` or `join`")
        between = [(one.source(), tuple(self._written(target, one.end.kind, []))) for one in found if isinstance(one.end, Leaf)]
        return _Value(Kind.CODE, sources.filled(texts, between), tuple(path for one in found for path in one.leaves()))

    def _call(self, target: Target, name: str, scope: Scope) -> _Value:
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._refused(target, "call", f"there is no function {name!r}", did_you_mean(name, FUNCTIONS))
        here = getattr(scope.item, "model", None)
        if function.of not in (Report, here):
            raise self._refused(target, "call", f"{name!r} is a function of {function.of.__name__}: put it into an `each` or `with` of one")
        source, scope = (
            sources.calling(function, of_report=function.of is Report),
            Scope(report_paths()) if function.of is Report else scope,
        )
        reads = tuple(path for read in function.reads for path in scope.find(read).leaves())
        return _Value(function.gives, source, reads)

    def _either(self, target: Target, paths: Sequence[str], scope: Scope) -> _Value:
        """Fields of different kinds become texts before it is asked which is there."""
        found = [self._leaf(target, "either", path, scope) for path in paths]
        if several := next((path for path, one in zip(paths, found, strict=True) if one.many), None):
            raise self._refused(target, "either", f"{several!r} has several values", "use `each` or `join`")
        kinds = {one.end.kind for one in found if isinstance(one.end, Leaf)}
        kind = kinds.pop() if len(kinds) == 1 else None
        pieces = [
            (one.source(), () if kind else tuple(self._written(target, one.end.kind, []))) for one in found if isinstance(one.end, Leaf)
        ]
        return _Value(kind or Kind.CODE, sources.first_of(pieces), tuple(path for one in found for path in one.leaves()))

    def _identity(self, target: Target, scope: Scope) -> _Value:
        """An item is known by its own `id`, the report by the submission's; a `ref` may say by `to` whose id it holds."""
        rule, key = target.rule, "id" if target.rule.id else "ref"
        own = "submission_id" if scope.is_report else ".id"
        if rule.to is None and not scope.is_report and "id" not in getattr(scope.item, "below", {}):
            raise self._refused(target, key, "the items here have no id", "it is for people, locations, vehicles, property, or the report")
        found = self._leaf(target, "to" if rule.to else key, rule.to or own, scope)
        if found.many:
            raise self._refused(target, "to", f"{rule.to!r} has several values", "use `each`")
        if rule.id:
            self.given.add(rule.id)
            return _Value(Kind.CODE, sources.identifier(rule.id, found.source()), found.leaves())
        self.asked.append(target)
        return _Value(Kind.CODE, sources.reference(str(rule.ref), target.path, found.source()), found.leaves())

    def _source_inside(self, target: Target, path: str, scope: Scope) -> _Value:
        part = self._part(target, path, scope)
        value = self._source(target, scope.inside(part.end))
        return _Value(value.kind, sources.inside(part.source(), value.source), value.reads, translated=value.translated)

    # what every rule needs

    def _leaf(self, target: Target, key: str, path: str, scope: Scope) -> Found:
        found = self._find(target, key, path, scope)
        if not isinstance(found.end, Leaf):
            hint = "use `each`" if found.many else f"name one of its fields, or use `with: {path}`"
            raise self._refused(target, key, f"{path!r} is a part with fields of its own", hint)
        return found

    def _find(self, target: Target, key: str, path: str, scope: Scope) -> Found:
        try:
            return scope.find(path)
        except UnknownPath as unknown:
            raise self._refused(target, key, str(unknown), unknown.hint) from None

    def _tests(self, target: Target, key: str, condition: Mapping[str, list[str]], scope: Scope) -> Test:
        tests = []
        for path, expected in condition.items():
            found = self._find(target, key, path, scope)
            self._read(target, found)
            try:
                tests.append(test_of(found, path, expected))
            except Impossible as impossible:
                raise self._refused(target, key, str(impossible), impossible.hint) from None
        return all_of(tests)

    def _read(self, target: Target, found: Found) -> None:
        for path in found.leaves():
            self.read_by.setdefault(path, []).append(target.path)

    def _field(self, target: Target, origins: tuple[str, ...] = ()) -> TargetField:
        rule = target.rule
        shape = shape_of(each=bool(rule.each), first=rule.first, group=bool(target.below))
        return TargetField(target.name, target.path, shape, tuple(dict.fromkeys(origins)), self.namespaces.markup(target), cell_of(target))

    def _refused(self, target: Target, key: str, message: str, hint: str | None = None) -> _Wrong:
        self.faults.append(target.fault(key, message, hint))
        return _Wrong()
