"""The force and the route that a command is about, or why there is none."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import registry_of
from console.options import fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.forces.force import Force
    from hub.forces.profiles import Profile
    from hub.workbench.opened import OpenRoute

Slug = Annotated[str, typer.Argument(metavar="FORCE", help="The force, as its file is named.")]
RouteName = Annotated[str | None, typer.Option("--route", metavar="ROUTE", help="Another route than the primary one of today.")]


def force_of(settings: Settings, slug: str) -> "Force":
    """The force, whole. Ends with exit code 1 and every fault of its file where it is broken, and the nearest name where it is none."""
    from hub.documents import did_you_mean

    registry = registry_of(settings)
    if slug in registry.broken:
        fail("\n".join(str(fault) for fault in registry.broken[slug]))
    if slug not in registry.forces:
        fail(f"There is no force '{slug}' on file; {did_you_mean(slug, registry.forces) or '`soh-hub force list` names them all.'}")
    return registry.forces[slug]


def opened(settings: Settings, slug: str) -> "tuple[OpenRoute, ...]":
    """Every route of a force, with the line of each of its rules."""
    return opened_in(settings.mappings, force_of(settings, slug))


def opened_in(mappings: Path, force: "Force", profiles: "dict[str, Profile] | None" = None) -> "tuple[OpenRoute, ...]":
    """The same in a folder of mappings that may be another than the settings'; `profiles` keeps those that were read."""
    from hub.documents import InvalidDocument
    from hub.workbench.opened import open_force

    try:
        return open_force(mappings, force, profiles)
    except InvalidDocument as invalid:
        fail(str(invalid))


def route_of(routes: "tuple[OpenRoute, ...]", name: str | None, day: date) -> "OpenRoute":
    """The route of this name, or the primary one of a day."""
    from hub.words import Purpose

    if name:
        found = next((each for each in routes if each.route.name == name), None)
        return found or fail(f"The force has no route '{name}': it has {', '.join(each.route.name for each in routes)}.")
    today = (each for each in routes if each.route.purpose is Purpose.PRIMARY and each.route.holds_on(day))
    return next(today, None) or fail(f"No primary route holds on {day}: name one with --route.")
