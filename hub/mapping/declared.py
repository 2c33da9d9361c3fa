"""A field map as its files declare it: the profile's rules with the force's overrides, each key with the line that says it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from hub.documents import Document, Fault, Loc, did_you_mean
from hub.mapping.rules import SOURCES, Fields, Override, Overrides, Rule

Place = tuple[Document, Loc]


@dataclass(frozen=True, eq=False)
class Target:
    """One target: its rule, where each key of the rule was said (`` for the rule itself), and the targets below it."""

    name: str
    path: str
    rule: Rule
    said: Mapping[str, Place]
    below: tuple["Target", ...]

    def fault(self, key: str, message: str, hint: str | None = None) -> Fault:
        document, loc = self.said.get(key, self.said[""])
        return document.fault(loc, f"{self.path}: {message}", hint=hint, key=not key)


def declare(fields: Fields, document: Document, loc: Loc, above: str = "") -> tuple[Target, ...]:
    """The targets of a `fields` section that stands at `loc`."""
    return tuple(_target(name, rule, document, (*loc, name), above) for name, rule in fields.items())


def _target(name: str, rule: Rule, document: Document, loc: Loc, above: str) -> Target:
    path = f"{above}/{name}" if above else name
    said = {"": (document, loc), **{key: (document, (*loc, key)) for key in rule.said()}}
    return Target(name, path, rule, said, declare(rule.fields or {}, document, (*loc, "fields"), path))


def paths_of(targets: Iterable[Target]) -> Iterator[str]:
    """The path of every target, in order."""
    for target in targets:
        yield target.path
        yield from paths_of(target.below)


def override(targets: tuple[Target, ...], overrides: Overrides, document: Document, loc: Loc) -> tuple[Target, ...]:
    """The targets with those overrides that are about them. A new target may be added to a group that is there, after its others."""
    known = set(paths_of(targets))
    changed = tuple(new for target in targets for new in _overridden(target, overrides, document, loc))
    for path, rule in overrides.items():
        if path not in known and (above := path.rpartition("/")[0]) in known and _adds(rule):
            added = _target(path.rpartition("/")[2], rule, document, (*loc, path), above)
            changed = tuple(_with(target, added, above) for target in changed)
    return changed


def stray(overrides: Overrides, known: set[str], document: Document, loc: Loc) -> Iterator[Fault]:
    """The overrides that are about nothing: no target has their path, and they are no whole rule for a new one."""
    for path, rule in overrides.items():
        if path in known:
            if rule.remove and rule.said() != {"remove"}:
                yield document.fault((*loc, path), f"{path}: `remove` goes alone", key=True)
        elif rule.remove or not _adds(rule):
            yield document.fault((*loc, path), f"no target has the path {path!r}", hint=did_you_mean(path, known), key=True)
        elif path.rpartition("/")[0] not in known:
            yield document.fault((*loc, path), f"no group has the path {path.rpartition('/')[0]!r}", key=True)


def _adds(rule: Override) -> bool:
    return bool(rule.said() & {*SOURCES, "fields", "each"})


def _overridden(target: Target, overrides: Overrides, document: Document, loc: Loc) -> Iterator[Target]:
    rule = overrides.get(target.path)
    if rule is not None and rule.remove:
        return
    if rule is not None:
        target = _merged(target, rule, document, (*loc, target.path))
    below = (new for one in target.below for new in _overridden(one, overrides, document, loc))
    yield replace(target, below=tuple(below))


def _merged(target: Target, rule: Override, document: Document, loc: Loc) -> Target:
    """Key by key; a source takes the place of the profile's, with the `by` that belonged to it."""
    keys = rule.said()
    gone = {*SOURCES, "by"} if keys & set(SOURCES) else set()
    said = {key: place for key, place in target.said.items() if key not in gone} | {key: (document, (*loc, key)) for key in keys}
    update = {_attribute(key): None for key in gone} | {_attribute(key): getattr(rule, _attribute(key)) for key in keys}
    below = declare(rule.fields, document, (*loc, "fields"), target.path) if rule.fields is not None else target.below
    return Target(target.name, target.path, target.rule.model_copy(update=update), said, below)


def _attribute(key: str) -> str:
    return f"{key}_" if key in ("from", "with") else key


def _with(target: Target, added: Target, above: str) -> Target:
    if target.path == above:
        return replace(target, below=(*target.below, added))
    if above.startswith(f"{target.path}/"):
        return replace(target, below=tuple(_with(one, added, above) for one in target.below))
    return target


def contradictions(target: Target) -> Iterator[Fault]:
    """What a rule says against itself, or needs and does not say. The targets below it are not looked at."""
    said = {key for key in target.said if key}
    sources = sorted(said & set(SOURCES))
    group = "fields" in said or bool(target.below)
    if len(sources) > 1:
        yield target.fault(sources[-1], f"`{sources[0]}` and `{sources[-1]}` are both sources: give one")
    if not sources and not group and "each" not in said:
        yield target.fault("", f"no source: give one of {', '.join(SOURCES)}, or `fields`")
    if group and (wrong := sorted(said & {*SOURCES, *_OF_VALUES})):
        yield target.fault(wrong[0], f"`{wrong[0]}` is for a value, and this is a group")
    if group and target.name[0] in "@#":
        yield target.fault("", f"{target.name!r} holds a value: it cannot be a group")
    for key, (needs, why) in _NEEDS.items():
        if key in said and not said & needs:
            yield target.fault(key, f"`{key}` {why}")
    if {"each", "with"} <= said:
        yield target.fault("with", "`each` and `with` do not go together: put one inside the other")
    if {"each", "empty"} <= said:
        yield target.fault("empty", "`empty` does not go with `each`: no items are no groups")


_OF_VALUES = ("by", "lookup", "unmapped", "format", "max", "default")
_NEEDS: dict[str, tuple[set[str], str]] = {
    "by": ({"join"}, "belongs to `join`"),
    "unmapped": ({"lookup"}, "belongs to `lookup`"),
    "where": ({"each"}, "chooses among the items of an `each`"),
    "first": ({"each"}, "chooses among the items of an `each`"),
    "with": ({"fields"}, "needs `fields`"),
}
