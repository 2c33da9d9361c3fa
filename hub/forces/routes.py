"""Routes: a route of a force's file with its profile, and what the endpoints file puts in place of its far end."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hub.documents import Document, Fault, InvalidDocument, Loc
from hub.forces.changes import Changes, maps_of
from hub.forces.files import ForceFile, OtherEnd, RouteSection
from hub.forces.force import Drops, Endpoint, Recipient, Route
from hub.forces.profiles import Profile
from hub.mapping.fieldmap import FieldMap
from hub.mapping.layout import crowded, without_width
from hub.mapping.record import Cell
from hub.words import Lane, Purpose

_WITH_COLUMNS = frozenset({"csv", "fixed-width"})  # formats with fixed columns: they are told those of the field maps
_FEW_LETTERS = frozenset({"cp1252", "ascii"})  # encodings that cannot hold Welsh: what they lack is transliterated, and signalled


def make_route(
    force: ForceFile, section: RouteSection, profile: Profile, document: Document, loc: Loc, codes: Path, other: OtherEnd
) -> Route:
    """The route, its field maps compiled: the profile's own where the force changes nothing of them. Raises InvalidDocument."""
    settings = {**profile.file.format, **section.format}
    letters = encoding if (encoding := settings.get("encoding")) in _FEW_LETTERS else None
    formulas = settings.get("formulas") != "harmless"
    changes = Changes(section, profile, document, loc, codes, letters, formulas)
    maps = maps_of(changes)
    if settings["name"] in _WITH_COLUMNS:
        settings["tables"] = _columns(maps)
    if settings["name"] == "fixed-width":
        settings["cells"] = _cells(maps)
    if faults := _misfits(changes, settings):
        raise InvalidDocument(faults)
    return Route(
        force=force.force,
        force_code=force.pnc_code,
        name=section.name,
        purpose=section.purpose,
        profile=section.profile,
        endpoint=Endpoint(other.endpoint.instance or section.endpoint.instance, other.endpoint.environment or section.endpoint.environment),
        transport=_named(_over(_over(profile.file.transport, section.transport), other.transport), force, section),
        recipient=_recipient(section, document, loc, codes.parent),
        drops=Drops(**{**_given(profile.file.drops), **_given(section.drops)}),
        format=settings,
        folder=profile.folder,
        checks=profile.file.checks,
        models=frozenset(profile.file.models),
        fields=maps[0],
        skeleton=maps[1],
        services=None if section.services is None else frozenset(section.services),
        lanes=frozenset(section.lanes or Lane),
        from_day=section.from_ or date.min,
        to_day=section.to or date.max,
    )


def _recipient(section: RouteSection, document: Document, loc: Loc, forces: Path) -> Recipient | None:
    """Whom the route encrypts to. That the file is a certificate that can be used, the adapter tells."""
    if section.encrypt is None:
        return None
    certificate = forces / section.encrypt.to
    if not certificate.is_file():
        message = f"there is no certificate {section.encrypt.to!r} beside the forces' files"
        raise InvalidDocument([document.fault((*loc, "encrypt", "to"), message, hint="put the force's OpenPGP certificate there")])
    return Recipient(certificate, section.encrypt.sign)


def route_faults(force: ForceFile, document: Document) -> Iterator[Fault]:
    """What is wrong with the routes beside each other: names twice, dates that end before they begin, no primary, two at once."""
    names: set[str] = set()
    for index, section in enumerate(force.routes):
        loc: Loc = ("routes", index)
        if section.name in names:
            yield document.fault((*loc, "name"), f"a second route with the name {section.name!r}")
        names.add(section.name)
        if section.purpose is not Purpose.COPY and (some := "services" if section.services else "lanes" if section.lanes else None):
            yield document.fault((*loc, some), f"`{some}` is for copies alone: the {section.purpose} route carries everything", key=True)
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


def _named(settings: Any, force: ForceFile, section: RouteSection) -> Any:
    """The settings with this force's own names where a text has `{force}`, `{force_code}` or `{route}`: a profile's are for many forces."""
    if isinstance(settings, dict):
        return {key: _named(value, force, section) for key, value in settings.items()}
    if isinstance(settings, list):
        return [_named(value, force, section) for value in settings]
    if not isinstance(settings, str):
        return settings
    return settings.replace("{force}", force.force).replace("{force_code}", force.pnc_code).replace("{route}", section.name)


def _given(section: Any) -> dict[str, Any]:
    return {name: value for name in section.model_fields_set if (value := getattr(section, name)) is not None}


def _columns(maps: tuple[FieldMap, FieldMap]) -> dict[str, tuple[str, ...]]:
    """The tables of both maps: a skeleton's columns, where they differ, after the others."""
    found: dict[str, dict[str, None]] = {}
    for field_map in maps:
        for table, names in field_map.columns().items():
            found.setdefault(table, {}).update(dict.fromkeys(names))
    return {table: tuple(names) for table, names in found.items()}


def _cells(maps: tuple[FieldMap, FieldMap]) -> dict[str, dict[str, Cell]]:
    """How wide the columns are, in both maps: where the two differ, as the profile's own map has it."""
    found: dict[str, dict[str, Cell]] = {}
    for field_map in reversed(maps):
        for table, cells in field_map.cells().items():
            found.setdefault(table, {}).update(cells)
    return found


def _misfits(changes: Changes, settings: Mapping[str, Any]) -> list[Fault]:
    """What the route's format cannot take of the field maps: two values in one place, columns of a fixed-width file without a width."""
    targets = [changes.targets(declared) for declared in changes.profile.declared]
    faults = [fault for each in targets for fault in crowded(each, settings["name"])]
    if settings["name"] == "fixed-width":
        cells = settings["cells"]
        missing = {table: [name for name in names if name not in cells.get(table, {})] for table, names in settings["tables"].items()}
        faults += without_width([table for each in targets for table in each], missing)
    return list(dict.fromkeys(faults))
