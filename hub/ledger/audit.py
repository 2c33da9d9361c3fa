"""The audit: follows the chain of each force's history, and names what was changed, removed, inserted or cut off.

It reads, and writes nothing. What the chain itself cannot show, the heads that were told outside the database do: `docs/decisions`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, select

from hub.ledger.chain import BEGINNING, MARK, Head, Written, digest_of, read
from hub.ledger.history_keys import HistoryKeys, UnknownKey
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, history, links


class Kind(StrEnum):
    """What was done to the history."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    CUT_OFF = "cut off"
    NOT_SEALED = "not sealed with a key"  # although what came before it is
    UNKNOWN_KEY = "unknown key"  # nobody can say, until the key is given


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: in the chain of which force, which link, change and event (a row of `history`)."""

    kind: Kind
    force: str
    what: str
    link: int | None = None
    change: int | None = None
    event: int | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what is wrong. `waiting` are links that no pass has chained yet: one of them could go unseen."""

    findings: tuple[Finding, ...]
    links: int
    events: int
    without_key: int
    waiting: int
    told: int

    @property
    def sound(self) -> bool:
        return not self.findings


@dataclass
class _Walk:
    """The way along all chains, and what was seen on it."""

    connection: Connection
    keys: HistoryKeys
    told: dict[tuple[str, int], str]
    links: int = 0
    events: int = 0
    without_key: int = 0
    waiting: int = 0
    unknown: set[tuple[str, str]] = field(default_factory=set)
    ends: dict[str, int] = field(default_factory=dict)


def verify(ledger: Ledger, told: Iterable[Head] = ()) -> Audit:
    """Follow every chain from its first link to its last. `told` are heads that were noted outside the database, of any time."""
    noted = {(head.force, head.number): head.digest for head in told}
    with ledger.read() as connection:
        walk = _Walk(connection, ledger.keys, dict(noted))
        findings = (*_chains(walk), *_cut_off(walk), *_strays(connection))
    return Audit(findings, walk.links, walk.events, walk.without_key, walk.waiting, len(noted))


def _chains(walk: _Walk) -> Iterator[Finding]:
    forces = walk.connection.scalars(select(links.c.force).distinct().order_by(links.c.force)).all()
    for force in forces:
        ordered = select(links).where(links.c.force == force).order_by(links.c.number.is_(None), links.c.number, links.c.change_id)
        yield from _chain(walk, force, walk.connection.execute(ordered.execution_options(yield_per=500)).mappings())


def _chain(walk: _Walk, force: str, rows: Iterable[RowMapping]) -> Iterator[Finding]:
    before: str | None = BEGINNING  # None: it is not there, and nothing can be said of the link after it
    number, after, keyed = 0, None, False
    for link in rows:
        walk.links += 1
        walk.without_key += not link["key"]
        if link["number"] is None:
            walk.waiting += 1
        else:
            if link["number"] != number + 1:
                yield _gap(force, number + 1, link, after)
                before = None
            yield from _follows(walk, before, link)
            number, before, after = link["number"], link["digest"], link["change_id"]
            walk.ends[force] = number
        if keyed and not link["key"]:
            yield _finding(Kind.NOT_SEALED, link, "whoever wrote it did not have the key")
        keyed = keyed or bool(link["key"])
        yield from _is_as_sealed(walk, link)


def _finding(kind: Kind, link: RowMapping, what: str, event: int | None = None) -> Finding:
    return Finding(kind, link["force"], what, link["number"], link["change_id"], event)


def _gap(force: str, first: int, link: RowMapping, after: int | None) -> Finding:
    last = link["number"] - 1
    which = f"link {first}" if first == last else f"links {first} to {last}"
    where = f"between the changes {after} and {link['change_id']}" if after else f"before the change {link['change_id']}"
    return Finding(Kind.REMOVED, force, f"{which}, {where}", first)


def _follows(walk: _Walk, before: str | None, link: RowMapping) -> Iterator[Finding]:
    """The link is the one that was made after the one before it, and the one that was told."""
    told = walk.told.pop((link["force"], link["number"]), link["digest"])
    if told != link["digest"]:
        yield _finding(Kind.CHANGED, link, "the chain was made anew: another head was told outside the database")
    if before is None:
        return
    sealed = {name: link[name] for name in ("force", "number", "change_id", "key", "seal")}
    try:
        if digest_of(walk.keys, before, **sealed) != link["digest"]:
            yield _finding(Kind.CHANGED, link, "the link does not follow from the one before it")
    except UnknownKey:
        pass  # _is_as_sealed says so


def _is_as_sealed(walk: _Walk, link: RowMapping) -> Iterator[Finding]:
    try:
        written = read(walk.connection, link["change_id"])
    except LookupError:
        yield _finding(Kind.REMOVED, link, "the change, and its history")
        return
    except ValueError:
        yield _finding(Kind.CHANGED, link, "its time is none")
        return
    walk.events += len(written.events)
    try:
        if written.seal(walk.keys, link["key"]) != link["seal"]:
            yield from _altered(written, link)
    except UnknownKey:
        if (link["force"], link["key"]) not in walk.unknown:
            walk.unknown.add((link["force"], link["key"]))
            yield _finding(Kind.UNKNOWN_KEY, link, f"HUB_HISTORY_KEYS does not have the key {link['key']}, from here on")


def _altered(written: Written, link: RowMapping) -> Iterator[Finding]:
    """Which events are not those that were sealed, by their marks."""
    ids, now = list(written.events), written.marks()
    were = [link["marks"][start : start + MARK] for start in range(0, len(link["marks"]), MARK)]
    found = False
    for tag, first, last, start, end in SequenceMatcher(None, were, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        found = True
        both = min(last - first, end - start)
        yield from (_finding(Kind.CHANGED, link, "the event is another one", ids[start + n]) for n in range(both))
        yield from (_finding(Kind.REMOVED, link, f"event {n + 1} of {len(were)}") for n in range(first + both, last))
        yield from (_finding(Kind.INSERTED, link, "the event was not written by the hub", ids[n]) for n in range(start + both, end))
    if not found:
        yield _finding(Kind.CHANGED, link, "the change itself: who, what, when or why; or its seal")


def _cut_off(walk: _Walk) -> Iterator[Finding]:
    """Heads that were told, and are not in the chain."""
    last: dict[str, int] = {}
    for force, number in walk.told:
        last[force] = max(number, last.get(force, 0))
    for force, number in sorted(last.items()):
        end = walk.ends.get(force, 0)
        if number > end:
            yield Finding(Kind.CUT_OFF, force, f"the chain ends with link {end}; link {number} was told outside the database", end + 1)


def _strays(connection: Connection) -> Iterator[Finding]:
    """What is bound to nothing: the hub writes no such thing."""
    unbound = select(changes.c.id, changes.c.force).outerjoin(links, links.c.change_id == changes.c.id).where(links.c.change_id.is_(None))
    for change, force in connection.execute(unbound.order_by(changes.c.id)):
        yield Finding(Kind.INSERTED, force, "the change is in no chain: it was written by hand, or its link was removed", change=change)
    lost = select(history.c.id, history.c.change_id).outerjoin(changes, changes.c.id == history.c.change_id)
    for event, change in connection.execute(lost.where(changes.c.id.is_(None)).order_by(history.c.id)):
        yield Finding(Kind.INSERTED, "unknown", "the event belongs to no change", change=change, event=event)
