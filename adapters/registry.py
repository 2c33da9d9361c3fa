"""Every adapter by name: our own, and those that packages outside this tree add through entry points.

An adapter is named by `module:class` and imported when it is first made. A package adds its own in its `pyproject.toml`::

    [project.entry-points."soh_hub.transports"]
    pigeon = "pigeon_post.transport:PigeonTransport"

A format is called with `(options, folder)`, a source with `(settings, bookmark)`, the others with `(settings)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from hub.contracts import Bookmark, Format, Misconfigured, Platform, Source, Transport

FORMATS: dict[str, str] = {
    "csv": "adapters.formats.csv:CsvFormat",
    "form": "adapters.formats.form:FormFormat",
    "fixed-width": "adapters.formats.fixed_width:FixedWidthFormat",
    "json": "adapters.formats.json:JsonFormat",
    "xml": "adapters.formats.xml:XmlFormat",
}

TRANSPORTS: dict[str, str] = {
    "email": "adapters.transports.email.transport:EmailTransport",
    "rest": "adapters.transports.rest.transport:RestTransport",
    "sftp": "adapters.transports.sftp.transport:SftpTransport",
}

SOURCES: dict[str, str] = {
    "folder": "adapters.sources.folder:FolderSource",
    "rest": "adapters.sources.rest:RestSource",
    "sftp": "adapters.sources.sftp:SftpSource",
}

PLATFORMS: dict[str, str] = {
    "folder": "adapters.outcomes.folder:FolderPlatform",
    "rest": "adapters.outcomes.rest:RestPlatform",
}


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of adapter: what it is called, ours by name, and the entry-point group of the others."""

    name: str
    built_in: Mapping[str, str]
    group: str


FORMAT = Kind("format", FORMATS, "soh_hub.formats")
TRANSPORT = Kind("transport", TRANSPORTS, "soh_hub.transports")
SOURCE = Kind("source", SOURCES, "soh_hub.sources")
PLATFORM = Kind("platform", PLATFORMS, "soh_hub.platforms")
KINDS = (FORMAT, TRANSPORT, SOURCE, PLATFORM)


def make_format(name: str, options: Mapping[str, object], folder: Path) -> Format:
    """The format of this name, with a profile's options and folder. Raises Misconfigured."""
    return cast(Format, _make(FORMAT, name, options, folder))


def make_transport(name: str, settings: Mapping[str, object]) -> Transport:
    """The transport of this name, not yet connected. Raises Misconfigured."""
    return cast(Transport, _make(TRANSPORT, name, settings))


def make_source(name: str, settings: Mapping[str, object], bookmark: Bookmark | None = None) -> Source:
    """The source of this name, with what remembers how far it was read. Raises Misconfigured."""
    return cast(Source, _make(SOURCE, name, settings, bookmark))


def make_platform(name: str, settings: Mapping[str, object]) -> Platform:
    """The way of this name to tell the platform. Raises Misconfigured."""
    return cast(Platform, _make(PLATFORM, name, settings))


def names(kind: Kind) -> tuple[str, ...]:
    """Every registered name of this kind, in order."""
    return tuple(sorted({*kind.built_in, *(point.name for point in entry_points(group=kind.group))}))


def _make(kind: Kind, name: str, settings: Mapping[str, object], *rest: object) -> object:
    from pydantic import ValidationError

    from adapters.settings import explain

    adapter = adapter_class(kind, name)
    try:
        return adapter(settings, *rest)
    except ValidationError as error:  # an adapter of another package that does not translate it itself
        raise Misconfigured("bad-settings", f"{kind.name} '{name}': {explain(error)}") from None


def adapter_class(kind: Kind, name: str) -> Callable[..., Any]:
    """An adapter's class, imported; one of ours is never replaced by another package's of the same name. Raises Misconfigured."""
    if name in kind.built_in:
        return cast(Callable[..., Any], EntryPoint(name, kind.built_in[name], kind.group).load())
    for point in entry_points(group=kind.group, name=name):
        return _load_foreign(kind, point)
    raise Misconfigured(f"unknown-{kind.name}", _unknown(kind, name))


def _load_foreign(kind: Kind, point: EntryPoint) -> Callable[..., Any]:
    try:
        return cast(Callable[..., Any], point.load())
    except (ImportError, AttributeError) as error:
        why = f"{kind.name} '{point.name}' ({point.value}) cannot be imported: {error}"
        raise Misconfigured(f"broken-{kind.name}", why) from error


def _unknown(kind: Kind, name: str) -> str:
    from adapters.settings import nearest

    known = names(kind)
    return f"no {kind.name} is called '{name}'{nearest(name, known)} (known: {', '.join(known)})"
