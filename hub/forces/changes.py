"""What a force changes of a profile's field maps: its overrides, what it ignores, its own code lists, and the letters it can hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.documents import Document, Fault, InvalidDocument, Loc, did_you_mean
from hub.forces.files import RouteSection
from hub.forces.profiles import Declared, Profile, code_lists
from hub.mapping.accounting import covering, unaccounted, wrongly_ignored
from hub.mapping.codes import load_codes
from hub.mapping.compile import CodesOf, compile_map
from hub.mapping.declared import Target, override, paths_of, stray
from hub.mapping.fieldmap import FieldMap
from hub.reports.paths import every_leaf


@dataclass(frozen=True, eq=False)
class Changes:
    """A route's section over its profile: `loc` is where it stands in the force's file, `codes` the folder of the forces' code lists.

    `letters` is the encoding of the route's format where it cannot hold every letter; without `formulas` no text may be one that a
    spreadsheet would run.
    """

    section: RouteSection
    profile: Profile
    document: Document
    loc: Loc
    codes: Path
    letters: str | None = None
    formulas: bool = True

    def targets(self, declared: Declared) -> tuple[Target, ...]:
        """The targets of one of the profile's maps, with the overrides."""
        return override(declared.targets, self.section.overrides, self.document, (*self.loc, "overrides"))

    def fault(self, loc: Loc, message: str, hint: str | None = None) -> Fault:
        return self.document.fault((*self.loc, *loc), message, hint=hint, key=True)


def maps_of(changes: Changes) -> tuple[FieldMap, FieldMap]:
    """The profile's two field maps with these changes: the very same, where there are none. Raises InvalidDocument."""
    section = changes.section
    if not (section.overrides or section.ignore or section.codes or changes.letters or not changes.formulas):
        return changes.profile.maps
    codes_of = _codes_of(changes)
    faults = [*_stray_overrides(changes), *wrongly_ignored(section.ignore, changes.document, (*changes.loc, "ignore"))]
    fields, skeleton = (_compiled(changes, declared, codes_of, faults) for declared in changes.profile.declared)
    faults += _ignored_in_vain(changes, (fields, skeleton))
    if faults:
        raise InvalidDocument(dict.fromkeys(faults))
    return fields, skeleton


def _compiled(changes: Changes, declared: Declared, codes_of: CodesOf, faults: list[Fault]) -> FieldMap:
    """One of the maps; where the overrides leave out a field that the profile maps, that is a fault of the force's file."""
    targets = changes.targets(declared)
    ignored = {**changes.section.ignore, **declared.ignored}
    field_map, wrong = compile_map(targets, ignored, codes_of, changes.letters, formulas=changes.formulas)
    for path, readers in field_map.read_by.items():
        if entry := covering(path, declared.ignored):
            message = f"{path!r} is mapped here, and the profile ignores {entry!r} ({declared.ignored[entry]})"
            wrong.append(changes.fault(("overrides", readers[0]), message))
    if not wrong and (targets or changes.profile.file.models):
        wrong += unaccounted(field_map, lambda _, message, hint: changes.fault(("overrides",), f"with these overrides {message}", hint))
    faults += wrong
    return field_map


def _codes_of(changes: Changes) -> CodesOf:
    """The profile's code lists, with the force's own in place of those that it names. Raises InvalidDocument."""
    own, asked_for = changes.section.codes, _asked_for(changes)
    faults: list[Fault] = []
    for name, other in own.items():
        if name not in asked_for:
            faults.append(changes.fault(("codes", name), f"no target looks up {name!r}", did_you_mean(name, asked_for)))
        try:
            load_codes(changes.codes / f"{other}.csv")
        except InvalidDocument as invalid:
            faults += [changes.fault(("codes", name), f"the code list {other!r} is wrong", str(fault)) for fault in invalid.faults]
    if faults:
        raise InvalidDocument(faults)
    replaced = code_lists(changes.codes)
    return lambda name: replaced(own[name]) if name in own else changes.profile.codes_of(name)


def _asked_for(changes: Changes) -> set[str]:
    overrides = {rule.lookup for rule in changes.section.overrides.values() if rule.lookup}
    return overrides | {name for declared in changes.profile.declared for name in _lookups(declared.targets)}


def _lookups(targets: tuple[Target, ...]) -> Iterator[str]:
    for target in targets:
        if target.rule.lookup:
            yield target.rule.lookup
        yield from _lookups(target.below)


def _stray_overrides(changes: Changes) -> Iterator[Fault]:
    known = {path for declared in changes.profile.declared for path in paths_of(declared.targets)}
    return stray(changes.section.overrides, known, changes.document, (*changes.loc, "overrides"))


def _ignored_in_vain(changes: Changes, maps: tuple[FieldMap, FieldMap]) -> Iterator[Fault]:
    """What the force ignores and a map reads all the same, while the other map has no need of it."""
    for entry in changes.section.ignore:
        fields = [leaf.path for leaf in every_leaf() if covering(leaf.path, {entry: ""})]
        readers = [(path, each.read_by[path][0]) for each in maps for path in fields if path in each.read_by]
        if readers and not any(_needed(fields, each, declared) for each, declared in zip(maps, changes.profile.declared, strict=True)):
            message = f"ignore: {entry!r} is ignored here, and {readers[0][0]!r} mapped to {readers[0][1]}"
            yield changes.fault(("ignore", entry), message, "do one of the two")


def _needed(fields: list[str], field_map: FieldMap, declared: Declared) -> bool:
    """Whether a map leaves these fields out and its profile does not say so itself."""
    return not any(path in field_map.read_by for path in fields) and not all(covering(path, declared.ignored) for path in fields)
