"""Acknowledgements over REST, a page at a time: untrusted input, so pages, their size and their number are limited."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.transports.acknowledgements import MOST_FAULTS, Fault, Malformed, is_plain, parse
from adapters.transports.rest.answers import Answer
from hub.contracts import Acknowledgement, Unavailable

LONGEST_PAGE = 8 * 1024 * 1024  # bytes
MOST_PAGES = 1000  # of one pass: a far end that never ends is left for the next one
LONGEST_CURSOR = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what it says, what of it could not be read, and the cursor of the next; None on the last."""

    said: tuple[Acknowledgement, ...]
    faults: tuple[Fault, ...]
    following: str | None


def pages(ask: Callable[[str | None], Answer], cursor: str | None) -> Iterator[Page]:
    """Every page after `cursor`. The last one, which has no cursor beyond it, is read again by the next pass."""
    after = cursor or None
    for _ in range(MOST_PAGES):
        page = read(ask(after), after)
        yield page
        if page.following is None or page.following == after:
            return
        after = page.following


def read(answer: Answer, after: str | None) -> Page:
    """A page as published. An item that is not is a fault, and the others still count. Raises Unavailable."""
    match answer.json():
        case {"data": list(items), **rest}:
            following = _cursor(rest.get("next"))
        case _:
            raise Unavailable("acknowledgements-unreadable", "the acknowledgements came back as something other than the published JSON")
    batch = following or after or ""
    said: list[Acknowledgement] = []
    faults: list[Fault] = []
    for number, item in enumerate(items, start=1):
        try:
            said.append(parse(item, _identity(item), batch))
        except Malformed as fault:
            faults += [Fault(after or "", number, fault.code)] if len(faults) < MOST_FAULTS else []
    return Page(tuple(said), tuple(faults), following)


def _cursor(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and is_plain(value) and len(value) <= LONGEST_CURSOR:
        return value
    raise Unavailable("acknowledgements-unreadable", "the next cursor of the acknowledgements is not a short text")


def _identity(item: object) -> str:
    match item:
        case {"id": str(text)} if is_plain(text):
            return text
        case dict():
            raise Malformed("id-unreadable")
    raise Malformed("not-an-object")
