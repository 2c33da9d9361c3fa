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
    said: Mapping[str, Place]  # `` is the rule itself
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
    return Target(rule.name or name, path, rule, said, declare(rule.fields or {}, document, (*loc, "fields"), path))


def paths_of(targets: Iterable[Target]) -> Iterator[str]:
    """The path of every target, in order."""
    for target in targets:
        yield target.path
        yield from paths_of(target.below)


def override(targets: tuple[Target, ...], overrides: Overrides, document: Document, loc: Loc) -> tuple[Target, ...]:
    """The targets with those overrides that are about them. A new target may be added to a group that is there.

    It stands after the others of its group, or where its `after` or `before` says; a target that is there may be moved by them.
    """
    known = set(paths_of(targets))
    changed = tuple(new for target in targets for new in _overridden(target, overrides, document, loc))
    for path, rule in overrides.items():
        if path not in known and (above := path.rpartition("/")[0]) in known and _adds(rule):
            added = _target(path.rpartition("/")[2], rule, document, (*loc, path), above)
            changed = tuple(_with(target, added, above) for target in changed)
        if rule.after or rule.before:
            changed = _moved(changed, path, rule)
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
        yield from _beside_nothing(path, rule, known, document, (*loc, path))


def _beside_nothing(path: str, rule: Override, known: set[str], document: Document, loc: Loc) -> Iterator[Fault]:
    """An `after` or `before` that names no target of the same group."""
    above = path.rpartition("/")[0]
    beside = [one.rpartition("/")[2] for one in known if one.rpartition("/")[0] == above and one != path]
    for key in ("after", "before"):
        name = getattr(rule, key)
        if name is not None and name not in beside:
            yield document.fault((*loc, key), f"{path}: no target beside it is called {name!r}", hint=did_you_mean(name, beside))
    if rule.after and rule.before:
        yield document.fault((*loc, "before"), f"{path}: `after` and `before` both say where it goes: give one")


def _moved(targets: tuple[Target, ...], path: str, rule: Override) -> tuple[Target, ...]:
    """The targets with the one at `path` beside the one of its group that the rule names; as they are where it is not among them."""
    moving = next((target for target in targets if target.path == path), None)
    if moving is None:
        return tuple(replace(one, below=_moved(one.below, path, rule)) if path.startswith(f"{one.path}/") else one for one in targets)
    others = [target for target in targets if target is not moving]
    names = [target.path.rpartition("/")[2] for target in others]
    name = rule.after or rule.before
    if name not in names:
        return targets
    at = names.index(name) + bool(rule.after)
    return (*others[:at], moving, *others[at:])


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
    keys = rule.said() - {"after", "before"}
    gone = {*SOURCES, "by", "to"} if keys & set(SOURCES) else set()
    said = {key: place for key, place in target.said.items() if key not in gone} | {key: (document, (*loc, key)) for key in keys}
    name = rule.name or target.name
    update = {_attribute(key): None for key in gone} | {_attribute(key): getattr(rule, _attribute(key)) for key in keys}
    below = declare(rule.fields, document, (*loc, "fields"), target.path) if rule.fields is not None else target.below
    return Target(name, target.path, target.rule.model_copy(update=update), said, below)


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
    yield from _wrong_markup(target, said, group=group)
    for key, (needs, why) in _NEEDS.items():
        if key in said and not said & needs:
            yield target.fault(key, f"`{key}` {why}")
    if {"each", "with"} <= said:
        yield target.fault("with", "`each` and `with` do not go together: put one inside the other")
    if {"each", "empty"} <= said:
        yield target.fault("empty", "`empty` does not go with `each`: no items are no groups")


def _wrong_markup(target: Target, said: set[str], *, group: bool) -> Iterator[Fault]:
    if target.name[0] in "@#" and (wrong := sorted(said & {"cdata", "namespace"})):
        yield target.fault(wrong[0], f"`{wrong[0]}` is for an element")
    if "cdata" in said and group and "embed" not in said:
        yield target.fault("cdata", "`cdata` is for a text, and this is a group")
    if "embed" in said and not group:
        yield target.fault("embed", "`embed` needs `fields`: the one element of the document inside")
    if "embed" in said and len(target.below) > 1:
        yield target.fault("embed", "`embed` holds a document, which has one element at the top", "leave the others to another target")


_OF_VALUES = ("by", "lookup", "unmapped", "format", "max", "default", "only", "width", "align", "pad", "to")
_NEEDS: dict[str, tuple[set[str], str]] = {
    "by": ({"join"}, "belongs to `join`"),
    "unmapped": ({"lookup"}, "belongs to `lookup`"),
    "where": ({"each"}, "chooses among the items of an `each`"),
    "first": ({"each"}, "chooses among the items of an `each`"),
    "with": ({"fields", *SOURCES}, "needs `fields`, or the source of a value"),
    "to": ({"ref"}, "belongs to `ref`"),
    "align": ({"width"}, "belongs to `width`"),
    "pad": ({"width"}, "belongs to `width`"),
}
