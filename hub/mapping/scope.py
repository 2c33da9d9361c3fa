"""What the paths of a rule mean where it stands: `.family_name` is a field of the item, `reference` one of the report."""

from dataclasses import dataclass

from hub.documents import did_you_mean
from hub.mapping.run import Getter, Source
from hub.reports.paths import Leaf, Part, Way, every, find, names_below, one, report_paths


class UnknownPath(Exception):
    """No field has this path here. `hint` has the nearest that there is."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Found:
    """A path that leads somewhere: `of_item` where it begins at the item, else at the report."""

    way: Way
    of_item: bool

    @property
    def end(self) -> Part | Leaf:
        return self.way.end

    @property
    def many(self) -> bool:
        return self.way.many

    def getter(self) -> Getter:
        """From the item or from the report: one value, or a list of them where there are many."""
        return every(self.way) if self.many else one(self.way)

    def source(self) -> Source:
        """The same, from the item and the run."""
        get = self.getter()
        return (lambda item, _: get(item)) if self.of_item else (lambda _, run: get(run.report))

    def leaves(self) -> tuple[str, ...]:
        """The fields that reading this path reads: none where it leads to a part."""
        return (self.end.path,) if isinstance(self.end, Leaf) else ()


@dataclass(frozen=True)
class Scope:
    """Where a rule stands: `item` is the part (or the value of a list) that the `each` and `with` around it lead to."""

    item: Part | Leaf

    @property
    def is_report(self) -> bool:
        return self.item is report_paths()

    def find(self, path: str) -> Found:
        """What a path of a rule leads to. Raises UnknownPath."""
        if path.startswith(".") and self.is_report:
            hint = f"write {path[1:]!r}" if find(self.item, path[1:]) and path != "." else None
            raise UnknownPath(f"{path!r} is a field of an item, and here is no `each` or `with` around it", hint)
        of_item = path.startswith(".") or self.is_report
        way = find(self.item if of_item else report_paths(), path.removeprefix("."))
        if way is None:
            raise UnknownPath(f"the report has no field {path!r}{self._where(path)}", did_you_mean(path, self._names()))
        return Found(way, of_item)

    def inside(self, end: Part | Leaf) -> "Scope":
        return Scope(end)

    def _where(self, path: str) -> str:
        return f" (an item of {self.item.path!r} is meant)" if path.startswith(".") else ""

    def _names(self) -> list[str]:
        below = [] if self.is_report else [f".{name}" for name in names_below(self.item)]
        return [*below, *names_below(report_paths())]
