"""Makes a stand for every route of every force: from its force's file and its profile, so a new one needs nothing here."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.stands import Place, Stand

if TYPE_CHECKING:
    from hub.forces.registry import Route

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
READER_OPTIONS = ("delimiter", "quote", "encoding", "envelope")


class NoPlace(Exception):
    """A profile does not say where a report's submission id and reference are, so that nobody could tell what was received."""


def stands_of(mappings: Path) -> list[Stand]:
    """The stands for all forces whose files are whole. Raises NoPlace."""
    from hub.forces.registry import Registry

    return [stand_of(route) for _, force in sorted(Registry.load(mappings).forces.items()) for route in force.routes]


def stand_of(route: "Route") -> Stand:
    """The stand at the far end of one route. Raises NoPlace."""
    transport, format_ = route.transport, route.format
    profile = _parsed((route.folder / "profile.yaml").read_bytes())
    places = tuple(dict.fromkeys(places_in(profile, by_table=format_["name"] != "json")))
    if not places:
        raise NoPlace(f"profile {route.profile}: map submission_id and reference, each to a field of its own")
    return Stand(
        force=route.force,
        route=route.name,
        instance=route.endpoint.instance,
        profile=route.profile,
        transport=str(transport["name"]),
        format=str(format_["name"]),
        places=places,
        options={name: str(format_[name]) for name in READER_OPTIONS if name in format_},
        directory=str(transport.get("directory", "/in/soh")),
        acknowledgements=str(transport.get("acknowledgements", "/out/soh")),
        manifest=route.drops.manifest,
    )


@cache
def _parsed(profile: bytes) -> Mapping[str, Any]:
    """Most forces share a profile with others."""
    found: Mapping[str, Any] = yaml.load(profile, _LOADER)  # noqa: S506 - it is a SafeLoader
    return found


def places_in(profile: Mapping[str, Any], *, by_table: bool) -> Iterator[Place]:
    """Where the field maps of a profile put both: `by_table`, both below the same name at the top."""
    for fields in (profile.get("fields") or {}, (profile.get("skeleton") or {}).get("fields") or {}):
        for group in [{name: rule} for name, rule in fields.items()] if by_table else [fields]:
            paths = dict(reversed(list(_identities(group))))  # the first of several counts
            if len(paths) == 2:
                yield Place(paths["submission_id"], paths["reference"])


def _identities(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each field of the report that identifies it, with the target path that it goes to as it is; never inside an `each`."""
    for name, rule in fields.items():
        origin = rule.get("from") if isinstance(rule, dict) else rule
        if origin in ("submission_id", "reference"):
            yield str(origin), f"{above}{name}"
        elif isinstance(rule, dict) and "fields" in rule and "each" not in rule:
            yield from _identities(rule["fields"], f"{above}{name}/")
