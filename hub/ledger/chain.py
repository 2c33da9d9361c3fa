"""The chain of each force's history: what is written is sealed at once, and bound to what was written before it.

A change and its history are sealed in the transaction that writes them, as the database will hold them. A link then gets its
number and a digest over the link before it. Two workers never wait for each other: who finds a chain in another's hands leaves
its link without a number, and `catch_up` chains it at the end of the pass. `hub.ledger.audit` follows the chains.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from hub.ledger.history_keys import HistoryKeys
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, history, links

MARK = 8  # bytes
BEGINNING = ""  # the digest before the first link
_CHAINS = 7_304_216  # PostgreSQL's advisory locks of two numbers: ours, and the force's


@dataclass(frozen=True, slots=True)
class Written:
    """A change and its history as the database holds them: a line of JSON for the change and one for each event, by id."""

    change: bytes
    events: dict[int, bytes]

    def seal(self, keys: HistoryKeys, name: str) -> str:
        return keys.digest(name, b"\n".join((self.change, *self.events.values())))

    def marks(self) -> list[bytes]:
        return [hashlib.blake2b(event, digest_size=MARK).digest() for event in self.events.values()]


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a force's chain: whoever knows it finds what is cut off."""

    force: str
    number: int
    digest: str


# Every seal in a ledger is of these columns in this order: to add one is to seal the whole history anew, in a migration.
_C, _H = changes.c, history.c
CHANGE = (_C.id, _C.force, _C.action, _C.actor, _C.reason, _C.at, _C.reports, _C.drop_id)
_CHANGE = select(*CHANGE).where(_C.id == bindparam("b_change"))
EVENT = (_H.id, _H.change_id, _H.report_id, _H.from_state, _H.to_state, _H.code, _H.where)
_EVENTS = select(*EVENT).where(_H.change_id == bindparam("b_change")).order_by(_H.id)
_HEAD = (
    select(links.c.force, links.c.number, links.c.digest)
    .where(links.c.force == bindparam("b_force"), links.c.number.is_not(None))
    .order_by(links.c.number.desc())
    .limit(1)
)

_LINK = insert(links)


def bind(connection: Connection, change: Row[*tuple[Any, ...]], events: Sequence[tuple[Any, ...]]) -> None:
    """Seal a change, as the database gave it back (`CHANGE`), and its history (`EVENT`), and chain it if nobody else is just doing so.

    To be called once, in the transaction that wrote them, with every event of the change, by id.
    """
    keys: HistoryKeys = connection.get_execution_options()["hub_history_keys"]
    force, written = change.force, Written(_line(tuple(change)), {event[0]: _line(event) for event in events})
    link = {"change_id": change.id, "force": force, "key": keys.newest, "seal": written.seal(keys, keys.newest)}
    place = _next(connection, keys, link) if _has_chain(connection, force) else {}
    connection.execute(_LINK, link | place | {"marks": b"".join(written.marks())})


def read(connection: Connection, change_id: int) -> Written:
    """What the database holds of a change. Raises LookupError where it is not there, ValueError where a time in it is none."""
    change = connection.execute(_CHANGE, {"b_change": change_id}).one_or_none()
    if change is None:
        raise LookupError(change_id)
    return _with_events(connection, change)


def _with_events(connection: Connection, change: Row[*tuple[Any, ...]]) -> Written:
    events = connection.execute(_EVENTS, {"b_change": change.id})
    return Written(_line(tuple(change)), {row[0]: _line(tuple(row)) for row in events})


def digest_of(keys: HistoryKeys, before: str, force: str, number: int, change_id: int, key: str, seal: str) -> str:
    """The digest of a link. Raises UnknownKey."""
    return keys.digest(key, _line((before, force, number, change_id, key, seal)))


def heads(connection: Connection) -> list[Head]:
    """The last link of each chain."""
    found = (connection.execute(_HEAD, {"b_force": force}).one_or_none() for force in _forces(connection))
    return [Head(*row) for row in found if row]


def catch_up(ledger: Ledger) -> int:
    """Chain what was sealed while another worker had the chain. Returns how many links that were."""
    with ledger.read() as connection:
        behind = connection.scalars(select(links.c.force).where(links.c.number.is_(None)).distinct()).all()
    chained = 0
    for force in sorted(behind):
        with ledger.write() as connection:
            _wait_for_chain(connection, force)
            chained += sum(1 for _ in _chain(connection, ledger.keys, force))
    return chained


def _forces(connection: Connection) -> Iterator[str]:
    """The forces that have a chain, by as many looks at the index: a DISTINCT would read every link that there is."""
    force: str | None = ""
    while force := connection.scalar(select(func.min(links.c.force)).where(links.c.force > force)):
        yield force


def _chain(connection: Connection, keys: HistoryKeys, force: str) -> Iterator[int]:
    columns = (links.c.change_id, links.c.force, links.c.key, links.c.seal)
    waiting = select(*columns).where(links.c.force == force, links.c.number.is_(None)).order_by(links.c.change_id)
    for link in connection.execute(waiting).mappings().all():
        place = _next(connection, keys, dict(link))
        connection.execute(update(links).where(links.c.change_id == link["change_id"]).values(**place))
        yield link["change_id"]


def _next(connection: Connection, keys: HistoryKeys, link: dict[str, object]) -> dict[str, object]:
    """The place after the last link. Raises UnknownKey where the link was sealed with a key that is not at hand."""
    head = connection.execute(_HEAD, {"b_force": link["force"]}).one_or_none()
    number, before = (head.number + 1, head.digest) if head else (1, BEGINNING)
    return {"number": number, "digest": digest_of(keys, before, number=number, **link)}  # type: ignore[arg-type]  # a link's columns


def _has_chain(connection: Connection, force: str) -> bool:
    """Whether this transaction may write the next link of the chain. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(_CHAINS, func.hashtext(force)))))


def _wait_for_chain(connection: Connection, force: str) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(_CHAINS, func.hashtext(force))))


def _line(values: tuple[object, ...]) -> bytes:
    return orjson.dumps(values, default=repr, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
