"""Located YAML: a file of settings as a checked model, where every error knows its file, line and column.

Every scalar stays the text that it is (`05`, `010`, `NO`, `12:30:00`): the models give it its type. Read from the
parser's events and never composed or constructed: libyaml's own composer ends the process where sequences are nested deeply.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel, ValidationError

M = TypeVar("M", bound=BaseModel)
Loc = tuple[str | int, ...]
Data = str | list["Data"] | dict[str, "Data"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LARGEST = 1 << 20  # bytes: the largest profile has about 30 KB
_DEEPEST = 40  # levels: a field map nests fewer than ten groups, two levels each
_MOST = 50_000  # values, an alias counted as often as it is used: a file that multiplies itself stops here
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]|\t")


class Position(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file: where, what, and what it may have been meant to be."""

    file: str
    line: int
    column: int
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}{f'; {self.hint}' if self.hint else ''}"


class InvalidDocument(Exception):
    """A file does not say what it must: `faults` has everything that is wrong with it, in the order of the lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.column)))
        super().__init__("\n".join(map(str, self.faults)))


def matching(pattern: str, words: str) -> AfterValidator:
    """For a text that must be of a pattern: the words say what it should be, where it is not."""
    whole = re.compile(pattern, re.ASCII)

    def judge(text: str) -> str:
        if not whole.fullmatch(text):
            raise ValueError(f"should be {words}")
        return text

    return AfterValidator(judge)


class Closed(BaseModel):
    """A section of a file that knows all of its keys: an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True)
class Document:
    """A file as it was read: texts, lists and mappings, and where each of them stands."""

    file: str
    data: Data
    values: Mapping[Loc, Position] = field(repr=False)
    keys: Mapping[Loc, Position] = field(repr=False)

    def fault(self, loc: Loc, message: str, *, hint: str | None = None, key: bool = False) -> Fault:
        """A fault at the value that `loc` leads to (at its key with `key`), or at the nearest thing around it that is there."""
        return Fault(self.file, *self._position(loc, key), message, hint)

    def check(self, model: type[M]) -> M:
        """The file as `model` has it. Raises InvalidDocument."""
        if not isinstance(self.data, dict):
            raise InvalidDocument([self.fault((), "the file should be a mapping of keys to values")])
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise InvalidDocument(self._translated(model, error)) from None

    def _position(self, loc: Loc, key: bool) -> Position:
        while loc:
            if found := (self.keys.get(loc) if key else None) or self.values.get(loc):
                return found
            loc = loc[:-1]
        return self.values.get((), Position(1, 1))

    def _translated(self, model: type[BaseModel], error: ValidationError) -> Iterator[Fault]:
        for one in error.errors(include_url=False):
            loc: Loc = one["loc"]
            if one["type"] == "extra_forbidden":
                hint = did_you_mean(str(loc[-1]), keys_at(model, loc[:-1]))
                yield self.fault(loc, f"unknown key {loc[-1]!r}", hint=hint, key=True)
            elif one["type"] == "missing":
                yield self.fault(loc[:-1], f"the key {loc[-1]!r} is missing")
            else:
                message, hint = _said(one)
                is_key = loc[-1:] == ("[key]",)
                yield self.fault(loc[:-1] if is_key else loc, f"{_named(loc)}{message}", hint=hint, key=is_key)


def load(path: Path, model: type[M]) -> M:
    """The file as `model` has it, every scalar a text before the model reads it. Raises InvalidDocument."""
    return read(path).check(model)


def read(path: Path) -> Document:
    """The file, located, without a model. Files are named by their folder and name: `forces/kent.yaml`. Raises InvalidDocument."""
    file = f"{path.parent.name}/{path.name}"
    text = _text(path, file)
    reader = _Reader(file)
    try:
        root = reader.root(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        raise InvalidDocument([Fault(file, at.line, at.column, f"not YAML: {error.problem or error.context}")]) from None
    values: dict[Loc, Position] = {}
    keys: dict[Loc, Position] = {}
    return Document(file, reader.located(root, (), values, keys), values, keys)


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """A hint with the nearest right word, or None where none is near."""
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein  # letters that changed places are one mistake: `form` is `from`, not `format`

    best = process.extractOne(word, list(choices), scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=0.5)
    return f"did you mean {best[0]!r}?" if best else None


def _text(path: Path, file: str) -> str:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InvalidDocument([Fault(file, 1, 1, f"the file cannot be read: {error.strerror}")]) from None
    if len(body) > _LARGEST:
        raise InvalidDocument([Fault(file, 1, 1, f"the file has {len(body):,} bytes; at most {_LARGEST:,} are read")])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        raise InvalidDocument([Fault(file, before.count(b"\n") + 1, 1, "the file is not UTF-8", "save it as UTF-8")]) from None
    if wrong := _CONTROL.search(text):
        raise InvalidDocument([_control_fault(file, text, wrong)])
    return text


def _control_fault(file: str, text: str, wrong: re.Match[str]) -> Fault:
    line = text.count("\n", 0, wrong.start()) + 1
    column = wrong.start() - text.rfind("\n", 0, wrong.start())
    if wrong.group() == "\t":
        return Fault(file, line, column, "a tab", "indent with spaces, and write a tab in a quoted text as \\t")
    return Fault(file, line, column, f"a control character (U+{ord(wrong.group()):04X})", "take it out")


@dataclass(eq=False, slots=True)
class _Node:
    """A value of the file: a text, a list of nodes, or pairs of key and node."""

    at: Position
    text: str | None = None
    items: "list[_Node] | None" = None
    pairs: "list[tuple[_Node, _Node]] | None" = None
    whole: bool = False  # False while it is being read: an alias to it would be a cycle


class _Reader:
    """Makes nodes of the parser's events, and data of the nodes."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._anchors: dict[str, _Node] = {}
        self._count = 0

    def root(self, events: Iterator[yaml.Event]) -> _Node:
        roots: list[_Node] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and roots:
                raise self._invalid(_at(event), "a second document", "one file holds one document: take out the '---'")
            if isinstance(event, yaml.NodeEvent):
                roots.append(self._node(event, events, 0))
        return roots[0] if roots else _Node(Position(1, 1), text="")

    def _node(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], depth: int) -> _Node:
        if depth > _DEEPEST:
            raise self._invalid(_at(event), f"nested more deeply than {_DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        if tag := getattr(event, "tag", None):
            raise self._invalid(_at(event), f"the tag {tag!r} means nothing here", "take it out")
        node = _Node(_at(event))
        if event.anchor:
            self._anchors[event.anchor] = node
        self._fill(node, event, events, depth)
        node.whole = True
        return node

    def _fill(self, node: _Node, event: yaml.NodeEvent, events: Iterator[yaml.Event], depth: int) -> None:
        if isinstance(event, yaml.ScalarEvent):
            node.text = event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            node.items = [self._node(below, events, depth + 1) for below in _until(events, yaml.SequenceEndEvent)]
        else:
            node.pairs = [
                (self._node(key, events, depth + 1), self._node(_next(events), events, depth + 1))
                for key in _until(events, yaml.MappingEndEvent)
            ]

    def _aliased(self, event: yaml.NodeEvent) -> _Node:
        node = self._anchors.get(str(event.anchor))
        if node is None:
            raise self._invalid(_at(event), f"no anchor {event.anchor!r} stands before this")
        if not node.whole:
            raise self._invalid(_at(event), f"the anchor {event.anchor!r} holds itself: a cycle")
        return node

    def located(self, node: _Node, loc: Loc, values: dict[Loc, Position], keys: dict[Loc, Position]) -> Data:
        """The node's data; `values` and `keys` are filled with the place of each."""
        self._count += 1
        if self._count > _MOST:
            raise self._invalid(node.at, f"more than {_MOST:,} values", "use fewer aliases")
        values[loc] = node.at
        if node.items is not None:
            return [self.located(item, (*loc, index), values, keys) for index, item in enumerate(node.items)]
        if node.pairs is None:
            return node.text or ""
        found: dict[str, Data] = {}
        for key, value in node.pairs:
            name = self._name(key, found, keys, loc)
            keys[*loc, name] = key.at
            found[name] = self.located(value, (*loc, name), values, keys)
        return found

    def _name(self, key: _Node, found: dict[str, Data], keys: dict[Loc, Position], loc: Loc) -> str:
        if key.text is None:
            raise self._invalid(key.at, "a key must be a text")
        if key.text in found:
            raise self._invalid(key.at, f"the key {key.text!r} stands twice", f"the first is in line {keys[*loc, key.text].line}")
        return key.text

    def _invalid(self, at: Position, message: str, hint: str | None = None) -> InvalidDocument:
        return InvalidDocument([Fault(self._file, at.line, at.column, message, hint)])


def _at(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)


def _next(events: Iterator[yaml.Event]) -> yaml.NodeEvent:
    event = next(events)
    assert isinstance(event, yaml.NodeEvent)  # noqa: S101 - the parser gives every key a value
    return event


def _until(events: Iterator[yaml.Event], end: type[yaml.Event]) -> Iterator[yaml.NodeEvent]:
    for event in events:
        if isinstance(event, end):
            return
        assert isinstance(event, yaml.NodeEvent)  # noqa: S101 - inside a collection the parser gives only nodes
        yield event


def _named(loc: Loc) -> str:
    """The key that a message is about; an item of a list by the list's key."""
    names = [step for step in loc if isinstance(step, str) and step != "[key]"]
    return f"{names[-1]}: " if names else ""


def _said(error: Any) -> tuple[str, str | None]:
    """What pydantic says, in the words of a settings file, and a hint where one is near. Never the value, unless it was one of a few."""
    context = error.get("ctx") or {}
    kind = error["type"]
    if kind in ("literal_error", "enum"):
        choices = [str(choice) for choice in re.findall(r"'([^']*)'", str(context["expected"]))]
        return f"{error['input']!r} is none of {', '.join(choices)}", did_you_mean(str(error["input"]), choices)
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}", None
    if kind in ("string_too_short", "too_short"):
        return "should not be empty", None
    if kind == "string_too_long":
        return f"should have at most {context['max_length']} characters", None
    if kind == "value_error":
        return str(context["error"]), None
    return str(error["msg"])[:1].lower() + str(error["msg"])[1:], None


_EXPECTED = {
    "string_type": "a text, not a list or a mapping",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "list_type": "a list",
    "tuple_type": "a list",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date: YYYY-MM-DD",
    "date_parsing": "a date: YYYY-MM-DD",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
}


def keys_at(annotation: Any, loc: Loc) -> list[str]:
    """The keys that a model allows at `loc`: what an unknown one is compared with."""
    for model in _models(annotation):
        if issubclass(model, RootModel):
            return keys_at(model.model_fields["root"].annotation, loc)
        if not loc:
            return [info.alias or name for name, info in model.model_fields.items()]
        for name, info in model.model_fields.items():
            if loc[0] in (name, info.alias):
                return keys_at(info.annotation, loc[1:])
    inner = [arg for arg in _arguments(annotation) if arg is not type(None)]
    step = loc[1:] if get_origin(annotation) in (list, tuple, dict) or _is_mapping(annotation) else loc
    return next((found for arg in reversed(inner) if (found := keys_at(arg, step))), [])


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _arguments(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return get_args(annotation)[:1]
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType, list, tuple, dict) or _is_mapping(annotation) else ()


def _is_mapping(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)
