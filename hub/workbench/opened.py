"""A force's file opened beside its profiles: every rule of its field maps with the line that decides it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hub.documents import Document, Loc, read
from hub.forces.files import ForceFile, RouteSection
from hub.forces.force import Force, Route
from hub.forces.profiles import Declared, Profile, load_profile
from hub.mapping.codes import CodeList, load_codes
from hub.mapping.declared import Target, override
from hub.mapping.fieldmap import FieldMap
from hub.reports.services import SERVICES

FIELDS, SKELETON = "fields", "skeleton"


class Line(NamedTuple):
    """A line of a file under `mappings/`, written `forces/kent.yaml:21`."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"

    @property
    def of_force(self) -> bool:
        """Whether it is the force's own file that says so, rather than the profile's."""
        return self.file.startswith("forces/")


@dataclass(frozen=True)
class Ignored:
    """A field, or a part around it, that is left out by name."""

    reason: str
    line: Line


@dataclass(frozen=True, eq=False)
class OpenMap:
    """One of a route's two field maps: its targets by path, with the force's overrides in them; `services` go by it."""

    name: str
    services: tuple[str, ...]
    targets: Mapping[str, Target]
    removed: Mapping[str, Line]
    ignored: Mapping[str, Ignored]
    compiled: FieldMap


@dataclass(frozen=True, eq=False)
class OpenRoute:
    """A route with its two field maps, and where its code lists lie."""

    route: Route
    section: RouteSection
    maps: tuple[OpenMap, OpenMap]
    codes: Path

    def map_for(self, service: str) -> OpenMap:
        """The field map that reports of a service go by."""
        return self.maps[0] if service in self.route.models else self.maps[1]

    def code_list(self, name: str) -> CodeList:
        """The code list that a rule's `lookup` means: the force's own where it has one. Raises InvalidDocument."""
        own = self.section.codes.get(name)
        return load_codes(self.codes / f"{own}.csv" if own else self.route.folder / "codes" / f"{name}.csv")


def open_force(mappings: Path, force: Force, profiles: dict[str, Profile] | None = None) -> tuple[OpenRoute, ...]:
    """Every route of a force whose file is whole, in the order of the file. Raises InvalidDocument where it no longer is.

    `profiles` keeps those of this folder that were read, for who opens many forces.
    """
    document = read(mappings / "forces" / f"{force.slug}.yaml")
    file = document.check(ForceFile)
    profiles = {} if profiles is None else profiles
    opened = []
    for index, section in enumerate(file.routes):
        if section.profile not in profiles:
            profiles[section.profile] = load_profile(mappings / "profiles" / section.profile)
        route = next(route for route in force.routes if route.name == section.name)
        opened.append(_route(route, section, profiles[section.profile], document, ("routes", index), mappings / "forces" / "codes"))
    return tuple(opened)


def line_of(target: Target, key: str = "") -> Line:
    """The line that says a key of a target's rule; without a key the target's own."""
    fault = target.fault(key, "")
    return Line(fault.file, fault.line)


def _route(route: Route, section: RouteSection, profile: Profile, document: Document, loc: Loc, codes: Path) -> OpenRoute:
    modelled = tuple(service for service in SERVICES if service in route.models)
    others = tuple(service for service in SERVICES if service not in route.models)
    maps = (
        _map(FIELDS, modelled, profile.declared[0], section, document, loc, route.fields),
        _map(SKELETON, others, profile.declared[1], section, document, loc, route.skeleton),
    )
    return OpenRoute(route, section, maps, codes)


def _map(
    name: str, services: tuple[str, ...], declared: Declared, section: RouteSection, document: Document, loc: Loc, compiled: FieldMap
) -> OpenMap:
    merged = override(declared.targets, section.overrides, document, (*loc, "overrides"))
    own = {entry: Ignored(why, _line(document, (*loc, "ignore", entry))) for entry, why in section.ignore.items()}
    profiles = {entry: Ignored(why, _line(declared.document, (*declared.loc, "ignore", entry))) for entry, why in declared.ignored.items()}
    gone = {path for path, rule in section.overrides.items() if rule.remove} & {target.path for target in _every(declared.targets)}
    removed = {path: _line(document, (*loc, "overrides", path)) for path in sorted(gone)}
    return OpenMap(name, services, {target.path: target for target in _every(merged)}, removed, own | profiles, compiled)


def _every(targets: tuple[Target, ...]) -> Iterator[Target]:
    for target in targets:
        yield target
        yield from _every(target.below)


def _line(document: Document, loc: Loc) -> Line:
    fault = document.fault(loc, "", key=True)
    return Line(fault.file, fault.line)
