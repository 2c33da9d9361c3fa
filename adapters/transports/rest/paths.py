"""Where something stands in an answer, as a profile declares it.

| Path | Names |
|---|---|
| `/data/0/id`, or `""` for the whole | a value of a JSON document (RFC 6901) |
| `xml:Envelope/Case/@id` | an element's text or an attribute of an XML document, by local names from the root; the first that is there |
| `header:Location` | a header |
| `body` | the whole body as text |

Within an item of a list, a path begins at the item: `/code`, `xml:Code`, `xml:.` for the element itself.
"""

import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

from adapters.transports.rest.answers import Answer

LONGEST_VALUE = 2000  # characters: more is no identifier or code
_JSON = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_XML = re.compile(r"xml:(?:\.|(?:[\w.-]+/)*(?:[\w.-]+|@[\w.-]+))")
_HEADER = re.compile(r"header:[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def _is_path(text: str) -> str:
    if text == "body" or any(pattern.fullmatch(text) for pattern in (_JSON, _XML, _HEADER)):
        return text
    raise ValueError("should be a path: `/data/id` (JSON Pointer), `xml:Case/@id`, `header:Name` or `body`")


def _is_list_path(text: str) -> str:
    if _JSON.fullmatch(text) or _XML.fullmatch(text):
        return text
    raise ValueError("should be the path of a list: `/errors` (JSON Pointer) or `xml:Errors/Error`")


Path = Annotated[str, AfterValidator(_is_path)]
ListPath = Annotated[str, AfterValidator(_is_list_path)]


def value_at(path: str, answer: Answer, *, flags: bool = False) -> str | None:
    """The text or number at a path, as text; None where there is none, or it is too long to be one. A boolean only with `flags`."""
    if path == "body":
        return _short(answer.text())
    if path.startswith("header:"):
        return _short(answer.headers.get(path.removeprefix("header:").lower()))
    return value_in(path, answer.xml() if path.startswith("xml:") else answer.json(), flags=flags)


def value_in(path: str, item: Any, *, flags: bool = False) -> str | None:
    """The same within an item of a list."""
    if path.startswith("xml:"):
        return next(iter(_texts(path.removeprefix("xml:"), item)), None)
    return _as_text(_pointed(path, item), flags=flags)


def items_at(path: str, answer: Answer) -> list[Any] | None:
    """The items of a list; None where there is no list. An XML document that has none of these elements has an empty one."""
    if path.startswith("xml:"):
        root = answer.xml()
        return None if root is None else _elements(path.removeprefix("xml:"), root)
    found = _pointed(path, answer.json())
    return found if isinstance(found, list) else None


def _pointed(pointer: str, document: Any) -> Any:
    for name in _names(pointer):
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and _INDEX.fullmatch(name) and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


@lru_cache(256)
def _names(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _as_text(value: Any, *, flags: bool) -> str | None:
    if isinstance(value, bool):
        return ("true" if value else "false") if flags else None
    return _short(str(value)) if isinstance(value, str | int) else None


def _texts(path: str, element: Any) -> list[str]:
    steps, _, attribute = path.partition("@")
    found = [element] if steps in ("", ".") else _elements(steps.rstrip("/"), element)
    texts = [one.get(attribute) if attribute else one.text for one in found]
    return [short for text in texts if text and (short := _short(text.strip()))]


def _elements(path: str, element: Any) -> list[Any]:
    """By local names, whatever their namespace. In a document the first step is its root, in an item a child of it."""
    if element is None:
        return []
    if path == ".":
        return [element]
    steps = path.split("/")
    if element.getparent() is None:
        if _local(element) != steps[0]:
            return []
        steps = steps[1:]
    found = [element]
    for step in steps:
        found = [child for one in found for child in one if _local(child) == step]
    return found


def _local(element: Any) -> str | None:
    """None for a comment or a processing instruction."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else None


def _short(text: str | None) -> str | None:
    return text if text is not None and len(text) <= LONGEST_VALUE else None
