"""How the platform is told, as HUB_OUTCOMES says it: a folder, or a YAML file with the name and settings of an adapter."""

from pathlib import Path
from typing import Any

from pydantic import RootModel

from adapters.registry import make_platform
from hub.contracts import Misconfigured, Platform
from hub.documents import InvalidDocument, load


class _Settings(RootModel[dict[str, Any]]):
    """`name`, and whatever the adapter of this name takes."""


def platform_at(place: Path) -> Platform:
    """The platform that is told at this place. Raises Misconfigured."""
    if place.suffix not in (".yaml", ".yml"):
        return make_platform("folder", {"path": str(place)})
    try:
        settings = load(place, _Settings).root
    except InvalidDocument as invalid:
        raise Misconfigured("bad-settings", str(invalid)) from None
    return make_platform(str(settings.get("name", "")), {key: value for key, value in settings.items() if key != "name"})
