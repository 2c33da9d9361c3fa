"""Where submissions are picked up, as HUB_INTAKE says it: a folder, or a YAML file with the name and settings of a source."""

from pathlib import Path
from typing import Any

from pydantic import RootModel

from adapters.registry import make_source
from hub.contracts import Bookmark, Misconfigured, Source
from hub.documents import InvalidDocument, load

FILES = (".yaml", ".yml")


class _Settings(RootModel[dict[str, Any]]):
    """`name`, and whatever the source of this name takes."""


Share = tuple[int, int]  # which of how many


def source_at(
    place: Path,
    bookmark: Bookmark,
    settle_seconds: float | None = None,
    share: Share | None = None,
    begin_for: float | None = None,
    *,
    live: bool = False,
) -> Source:
    """The source at this place; a folder's files must have been left alone for so long, and may be shared by several workers.

    After `begin_for` seconds no other of them is begun; where it is `live`, only those of one submission are, the newest first.

    Raises Misconfigured.
    """
    if place.suffix not in FILES:
        given = {"settle_seconds": settle_seconds, "share": share, "begin_for": begin_for, "live": live}
        return make_source("folder", {"path": str(place), **{name: value for name, value in given.items() if value is not None}})
    try:
        settings = load(place, _Settings).root
    except InvalidDocument as invalid:
        raise Misconfigured("bad-settings", str(invalid)) from None
    return make_source(str(settings.get("name", "")), {key: value for key, value in settings.items() if key != "name"}, bookmark)
