"""Coverage: for every field of a report whether it reaches a force, whole or with something lost, or why it does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.documents import InvalidDocument
from hub.mapping.accounting import STRUCTURAL, covering
from hub.mapping.declared import Target
from hub.reports.paths import Kind, Leaf, every_leaf
from hub.workbench.opened import OpenMap, OpenRoute


class Reach(StrEnum):
    """How far a field gets."""

    MAPPED = "mapped"  # to at least one target, as it is
    LOSSY = "lossy"  # to targets that all may lose something of it
    CHOOSES = "chooses"  # only decides what is written, and is not written itself
    IGNORED = "ignored"  # left out by name
    STRUCTURAL = "structural"  # in the shape of the record


@dataclass(frozen=True, slots=True)
class Cell:
    """A field in one field map: how far it gets; the targets that have it; what may be lost, or why it is left out."""

    field: str
    map: str
    reach: Reach
    targets: tuple[str, ...] = ()
    why: str = ""


_FEWER = {  # of an instant
    "date": "its time",
    "date-uk": "its time",
    "date-utc": "its time",
    "time": "its day",
    "time-utc": "its day",
    "time-offset": "its day",
    "datetime-local": "its offset",
    "year": "its month, day and time",
}
_FEW_LETTERS = ("ascii", "cp1252")


def coverage(opened: OpenRoute, day: date) -> list[Cell]:
    """Every field of the report in each of a route's field maps that services go by."""
    return [_cell(opened, one, leaf, day) for one in opened.maps if one.services for leaf in every_leaf()]


def _cell(opened: OpenRoute, one: OpenMap, leaf: Leaf, day: date) -> Cell:
    carriers = tuple(target.path for target in one.compiled.targets if leaf.path in target.origins)
    if carriers:
        losses = [_losses(opened, one, path, leaf, day) for path in carriers]
        if all(losses):
            return Cell(leaf.path, one.name, Reach.LOSSY, carriers, "; ".join(dict.fromkeys(why for some in losses for why in some)))
        return Cell(leaf.path, one.name, Reach.MAPPED, carriers)
    if leaf.path in one.compiled.read_by:
        return Cell(leaf.path, one.name, Reach.CHOOSES, one.compiled.read_by[leaf.path])
    if entry := covering(leaf.path, {name: each.reason for name, each in one.ignored.items()}):
        return Cell(leaf.path, one.name, Reach.IGNORED, (), one.ignored[entry].reason)
    return Cell(leaf.path, one.name, Reach.STRUCTURAL if leaf.path in STRUCTURAL else Reach.IGNORED)


def _losses(opened: OpenRoute, one: OpenMap, path: str, leaf: Leaf, day: date) -> list[str]:
    """What a target may lose of a field; nothing where it is always written whole."""
    target = one.targets.get(path)
    if target is None:
        return []
    found = list(_of_rule(opened, target, leaf, day))
    if any(above.rule.first for above in _above(one, path)):
        found.append("only the first is written")
    return found


def _of_rule(opened: OpenRoute, target: Target, leaf: Leaf, day: date) -> Iterator[str]:
    rule, formats = target.rule, target.rule.format or []
    if most := min((most for most in (rule.max, rule.width) if most), default=None):
        yield f"at most {most} characters"
    if rule.only:
        yield f"only the characters {rule.only!r}"
    if leaf.kind is Kind.DATE and "year" in formats:
        yield "without its month and day"
    if leaf.kind is Kind.INSTANT:
        yield from (f"without {_FEWER[name]}" for name in formats if name in _FEWER)
    if leaf.kind is Kind.TEXT and not rule.lookup:
        letters = next((name for name in (*formats, opened.route.format.get("encoding")) if name in _FEW_LETTERS), None)
        if letters:
            yield f"in the letters of {letters}"
    if rule.lookup:
        yield from _of_codes(opened, rule.lookup, rule.unmapped, day)


def _of_codes(opened: OpenRoute, name: str, unmapped: str | None, day: date) -> Iterator[str]:
    if unmapped not in (None, "quarantine"):
        yield f"codes without a translation become {unmapped!r}"
    try:
        lossy = [code for code, found in opened.code_list(name).on(day).items() if found.lossy]
    except InvalidDocument:
        return
    if lossy:
        yield f"{len(lossy)} codes say less ({', '.join(sorted(lossy)[:4])}{' …' if len(lossy) > 4 else ''})"


def _above(one: OpenMap, path: str) -> Iterator[Target]:
    """The target and the groups around it."""
    steps = path.split("/")
    return (one.targets[above] for n in range(1, len(steps) + 1) if (above := "/".join(steps[:n])) in one.targets)
