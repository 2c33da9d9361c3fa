"""The conditions of a field map, `when` and `where`, compiled into tests of an item."""

from collections.abc import Callable, Collection
from typing import Any

from hub.documents import did_you_mean
from hub.mapping.rendering import as_text
from hub.mapping.run import Run, Source, Test
from hub.mapping.scope import Found
from hub.reports.paths import Kind, Leaf
from hub.reports.services import SERVICES

_COMPARABLE = frozenset({Kind.TEXT, Kind.CODE, Kind.INTEGER, Kind.BOOLEAN})


class Impossible(Exception):
    """A condition that could never hold, or that means nothing: found when the map is loaded."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def test_of(found: Found, path: str, expected: list[str]) -> Test:
    """Whether what `path` leads to is one of these texts, or `present`, or `absent`; any of them, where it is a list. Raises Impossible."""
    source = found.source()
    if expected in (["present"], ["absent"]):
        return _presence(source, found.many, wanted=expected == ["present"])
    leaf = found.end
    if not isinstance(leaf, Leaf) or leaf.kind not in _COMPARABLE:
        raise Impossible(f"{path!r} can only be `present` or `absent`")
    for text in expected:
        _refuse_what_never_holds(leaf, path, text)
    return _among(source, found.many, frozenset(expected), as_text(leaf.kind))


def all_of(tests: Collection[Test]) -> Test:
    """A test that holds where every one of these does."""
    if len(tests) == 1:
        return next(iter(tests))
    return lambda item, run: all(test(item, run) for test in tests)


def none_of(test: Test) -> Test:
    """A test that holds where this one does not."""
    return lambda item, run: not test(item, run)


def _refuse_what_never_holds(leaf: Leaf, path: str, text: str) -> None:
    codes = ("true", "false") if leaf.kind is Kind.BOOLEAN else tuple(SERVICES) if leaf.path == "service" else leaf.codes
    if codes and text not in codes:
        raise Impossible(f"{path!r} is never {text!r}", did_you_mean(text, codes) or f"it is one of {', '.join(codes)}")


def _presence(source: Source, many: bool, *, wanted: bool) -> Test:
    def present(item: Any, run: Run) -> bool:
        value = source(item, run)
        return (bool(value) if many else value is not None) is wanted

    return present


def _among(source: Source, many: bool, expected: frozenset[str], text: Callable[[Any], str]) -> Test:
    def any_among(item: Any, run: Run) -> bool:
        return any(text(value) in expected for value in source(item, run))

    def among(item: Any, run: Run) -> bool:
        value = source(item, run)
        return value is not None and text(value) in expected

    return any_among if many else among
