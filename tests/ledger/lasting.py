"""What is true of a ledger from one moment to the next: what was written once stays, and what has ended has ended for good."""

from collections.abc import Iterator
from typing import Any

from hub.words import DropState, PayloadState
from tests.ledger.picture import Picture, Row

P, D = PayloadState, DropState
_FOR_EVER: dict[str, tuple[str, ...] | None] = {  # the columns that never change; None: the row as a whole
    "submissions": None,
    "bodies": None,
    "changes": None,
    "history": None,
    "links": ("change_id", "force", "key", "seal", "marks"),
    "acknowledgements": None,
    "drops": ("key", "force", "route", "lane", "sequence", "instance", "environment", "reports", "bytes", "digest", "sealed_at"),
    "payloads": ("drop_id", "position", "key", "name", "kind", "report_id", "size", "digest"),
    "contents": None,
    "reports": ("submission_id", "purpose", "force", "service", "day", "lane"),
    "members": ("drop_id", "report_id", "payload_id"),
    "notices": ("key", "sequence", "outcomes", "digest", "body"),
}
_ENDS: dict[str, tuple[str, dict[object, set[Any]]]] = {  # from where there is a way to where; what is not named has come to its end
    "payloads": ("state", {P.SEALED: set(P), P.IN_DOUBT: {P.DELIVERED}, P.VOIDED: {P.DELIVERED}}),
    "members": ("outcome", {None: set(P) - {P.SEALED}, P.IN_DOUBT: {P.DELIVERED}, P.VOIDED: {P.DELIVERED}}),  # void: `promises._proven`
    "drops": ("state", {D.SEALED: set(D), D.IN_DOUBT: {D.DELIVERED}}),
}
_ONCE = {"links": "digest", "noticed": "notice_id", "notices": "sent_at", "attempts": "ended_at"}  # once written, they stay
_RISING = {"lanes": ("next_sequence", "fence"), "drops": ("attempts",), "circuits": ("incidents",)}
_KEYS = {"bodies": ("submission_id", "version"), "members": ("drop_id", "report_id"), "lanes": ("force", "route", "lane")}
_KEYS |= {"contents": ("payload_id",), "links": ("change_id",), "noticed": ("history_id",), "circuits": ("instance", "environment")}


def broken_since(before: Picture, after: Picture) -> list[str]:
    """Each thing that changed and must not have, in a sentence; none where all is well."""
    return [broken for table in sorted({*_FOR_EVER, *_ENDS, *_ONCE, *_RISING}) for broken in _broken(table, before[table], after[table])]


def _broken(table: str, before: list[Row], after: list[Row]) -> Iterator[str]:
    key = _KEYS.get(table, ("id",))
    there = {tuple(row[name] for name in key): row for row in after}
    for was in before:
        which = tuple(was[name] for name in key)
        now = there.get(which)
        if now is None:
            yield f"{table} {which} is gone"
        elif now != was:
            yield from (f"{table} {which}: {what}" for what in _changes(table, was, now))


def _changes(table: str, was: Row, now: Row) -> Iterator[str]:
    lasting = _FOR_EVER.get(table, ())
    for name in was if lasting is None else lasting:
        if was[name] != now[name]:
            yield f"{name} was {was[name]}, and is {now[name]}"
    if table in _ENDS:
        name, ways = _ENDS[table]
        if was[name] != now[name] and now[name] not in ways.get(was[name], ()):
            yield f"{name} was {was[name]} for good, and is {now[name]}"
    if table in _ONCE and was[_ONCE[table]] not in (None, now[_ONCE[table]]):
        yield f"{_ONCE[table]} was {was[_ONCE[table]]}, and is {now[_ONCE[table]]}"
    for name in _RISING.get(table, ()):
        if now[name] < was[name]:
            yield f"{name} fell from {was[name]} to {now[name]}"
