"""Routes: a route of a force's file with its profile, and what the endpoints file puts in place of its far end."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hub.documents import Document, Fault, InvalidDocument, Loc, did_you_mean
from hub.forces.files import ForceFile, OtherEnd, RouteSection
from hub.forces.force import Drops, Endpoint, Route
from hub.forces.profiles import Declared, Profile, code_lists
from hub.mapping.accounting import covering, unaccounted, wrongly_ignored
from hub.mapping.compile import CodesOf, compile_map
from hub.mapping.declared import override, paths_of, stray
from hub.mapping.fieldmap import FieldMap
from hub.words import Purpose

_WITH_COLUMNS = frozenset({"csv"})  # formats with fixed columns: they are told those of the field maps
_FEW_LETTERS = frozenset({"cp1252", "ascii"})  # encodings that cannot hold Welsh: what they lack is transliterated, and signalled
Maps = tuple[FieldMap, FieldMap]


def make_route(
    force: ForceFile, section: RouteSection, profile: Profile, document: Document, loc: Loc, codes: Path, other: OtherEnd
) -> Route:
    """The route, its field maps compiled: the profile's own where the force changes nothing of them. Raises InvalidDocument."""
    settings = {**profile.file.format, **section.format}
    letters = encoding if (encoding := settings.get("encoding")) in _FEW_LETTERS else None
    maps = _maps(section, profile, document, loc, codes, letters)
    if settings["name"] in _WITH_COLUMNS:
        settings["tables"] = _columns(maps)
    return Route(
        force=force.force,
        force_code=force.pnc_code,
        name=section.name,
        purpose=section.purpose,
        profile=section.profile,
        endpoint=Endpoint(other.endpoint.instance or section.endpoint.instance, other.endpoint.environment or section.endpoint.environment),
        transport=_over(_over(profile.file.transport, section.transport), other.transport),
        drops=Drops(**{**_given(profile.file.drops), **_given(section.drops)}),
        format=settings,
        folder=profile.folder,
        checks=profile.file.checks,
        models=frozenset(profile.file.models),
        fields=maps[0],
        skeleton=maps[1],
        from_day=section.from_ or date.min,
        to_day=section.to or date.max,
    )


def route_faults(force: ForceFile, document: Document) -> Iterator[Fault]:
    """What is wrong with the routes beside each other: names twice, dates that end before they begin, no primary, two at once."""
    names: set[str] = set()
    for index, section in enumerate(force.routes):
        loc: Loc = ("routes", index)
        if section.name in names:
            yield document.fault((*loc, "name"), f"a second route with the name {section.name!r}")
        names.add(section.name)
        if section.from_ and section.to and section.to <= section.from_:
            yield document.fault((*loc, "to"), "`to` is the first day on which the route no longer holds: it must be after `from`")
    yield from _primary_faults(force, document)


def _primary_faults(force: ForceFile, document: Document) -> Iterator[Fault]:
    primaries = [(index, each) for index, each in enumerate(force.routes) if each.purpose is Purpose.PRIMARY]
    if not primaries:
        yield document.fault(("routes",), "no route has the purpose 'primary': the account follows it", key=True)
    for number, (index, later) in enumerate(primaries):
        for _, earlier in primaries[:number]:
            begins = max(earlier.from_ or date.min, later.from_ or date.min)
            if begins < min(earlier.to or date.max, later.to or date.max):
                when = f"on {begins}" if begins > date.min else "from the beginning"
                message = f"the routes {earlier.name!r} and {later.name!r} are both primary {when}"
                yield document.fault(("routes", index, "purpose"), message, hint="end the one (`to`) where the other begins (`from`)")


def _over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Key by key; another transport takes nothing from the settings of the first."""
    if "name" in over and over["name"] != under.get("name"):
        return dict(over)
    return {**under, **over}


def _given(section: Any) -> dict[str, Any]:
    return {name: value for name in section.model_fields_set if (value := getattr(section, name)) is not None}


def _columns(maps: Maps) -> dict[str, tuple[str, ...]]:
    """The tables of both maps: a skeleton's columns, where they differ, after the others."""
    found: dict[str, dict[str, None]] = {}
    for field_map in maps:
        for table, names in field_map.columns().items():
            found.setdefault(table, {}).update(dict.fromkeys(names))
    return {table: tuple(names) for table, names in found.items()}


def _maps(section: RouteSection, profile: Profile, document: Document, loc: Loc, codes: Path, letters: str | None) -> Maps:
    if not (section.overrides or section.ignore or section.codes or letters):
        return profile.maps
    codes_of = _codes_of(section, profile, document, loc, codes)
    faults = list(_stray(section, profile, document, loc))
    maps = [
        _overridden(declared, section, document, loc, codes_of, letters, faults, needed=declared.loc != () or bool(profile.file.models))
        for declared in profile.declared
    ]
    faults += _mapped_all_the_same(section, maps, document, loc)
    if faults:
        raise InvalidDocument(dict.fromkeys(faults))
    return maps[0], maps[1]


def _codes_of(section: RouteSection, profile: Profile, document: Document, loc: Loc, codes: Path) -> CodesOf:
    unused = section.codes.keys() - _looked_up(section, profile)
    if unused:
        faults = (
            document.fault(
                (*loc, "codes", name), f"no target looks up {name!r}", hint=did_you_mean(name, _looked_up(section, profile)), key=True
            )
            for name in unused
        )
        raise InvalidDocument(faults)
    if not section.codes:
        return profile.codes_of
    own = {name: codes / f"{other}.csv" for name, other in section.codes.items()}
    replaced = code_lists(codes, own.get)
    return lambda name: replaced(name) if name in own else profile.codes_of(name)


def _looked_up(section: RouteSection, profile: Profile) -> set[str]:
    found = {rule.lookup for rule in section.overrides.values() if rule.lookup}
    stack = [target for declared in profile.declared for target in declared.targets]
    while stack:
        target = stack.pop()
        stack += target.below
        if target.rule.lookup:
            found.add(target.rule.lookup)
    return found


def _stray(section: RouteSection, profile: Profile, document: Document, loc: Loc) -> Iterator[Fault]:
    known = {path for declared in profile.declared for path in paths_of(declared.targets)}
    yield from stray(section.overrides, known, document, (*loc, "overrides"))
    yield from wrongly_ignored(section.ignore, document, (*loc, "ignore"))


def _overridden(
    declared: Declared,
    section: RouteSection,
    document: Document,
    loc: Loc,
    codes_of: CodesOf,
    letters: str | None,
    faults: list[Fault],
    *,
    needed: bool,
) -> FieldMap:
    """One of the profile's maps with the force's overrides, compiled; it counts as a fault what the overrides left out."""
    targets = override(declared.targets, section.overrides, document, (*loc, "overrides"))
    field_map, wrong = compile_map(targets, {**section.ignore, **declared.ignored}, codes_of, letters)
    for entry in [entry for path in field_map.read_by if (entry := covering(path, declared.ignored))]:
        message = f"the profile ignores {entry!r} ({declared.ignored[entry]}), and an override maps it"
        wrong.append(document.fault((*loc, "overrides"), message, key=True))
    if needed and not wrong:
        wrong += unaccounted(
            field_map, lambda _, message, hint: document.fault((*loc, "overrides"), f"with these overrides {message}", hint=hint, key=True)
        )
    faults += wrong
    return field_map


def _mapped_all_the_same(section: RouteSection, maps: list[FieldMap], document: Document, loc: Loc) -> Iterator[Fault]:
    """What the force ignores, and every map that could leave it out reads all the same."""
    for entry in section.ignore:
        readers = [[path for path in each.read_by if covering(path, {entry: ""})] for each in maps]
        if all(readers):
            target = maps[0].read_by[readers[0][0]][0]
            message = f"ignore: {entry!r} is ignored here, and {readers[0][0]!r} mapped to {target}"
            yield document.fault((*loc, "ignore", entry), message, hint="do one of the two", key=True)
