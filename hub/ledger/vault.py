"""The vault: data keys, one for each force and month, which lie in the ledger wrapped by a master key that does not.

A key that is to be used no longer is *retired*, and its row is deleted when nothing is sealed with it any more; a foreign key keeps a row
from being sealed with a key that is gone. Months go by the machine's clock, as leases do.
"""

import secrets
import threading
import time
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from hub.contracts import KeyRefused, KeysUnavailable, MasterKey
from hub.ledger.boxes import Key
from hub.ledger.engine import Database, insert_unless_there
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.master_keys import MasterKeys
from hub.ledger.tables import HOLDERS, data_keys, is_plain

_FRESH = 30.0  # seconds that a key is used before it is asked again whether it has been retired
_HOW = "add a reference to it to HUB_KEYS, behind the newer ones"


class DataKey(Key):
    """A data key that has been unwrapped. `id` is its row's."""

    __slots__ = ("id",)

    def __init__(self, id_: int, secret: bytes) -> None:
        super().__init__(secret)
        self.id = id_


class Vault:
    """Gives the key that a force's bytes are sealed with now, and the one that others were sealed with.

    Unwrapped keys are kept in memory as long as the process runs. Raises LedgerUnavailable where a master key is not at hand.
    """

    def __init__(self, database: Database, masters: MasterKeys) -> None:
        self.masters = masters
        self._database = database
        self._opened: dict[int, DataKey] = {}
        self._current: dict[str, tuple[float, DataKey]] = {}
        self._lock = threading.Lock()

    def current(self, force: str) -> DataKey | None:
        """The key that what is kept for a force is sealed with; None where nothing is encrypted.

        The first time not within a transaction that writes: a key that is made is committed at once.
        """
        if self.masters.newest is None:
            return None
        until, key = self._current.get(force, (0.0, None))
        if key is not None and time.monotonic() < until:
            return key
        with self._lock:
            key = self._find_or_make(force, self.masters.newest)
            self._current[force] = (time.monotonic() + _FRESH, key)
        return key

    def of(self, id_: int) -> DataKey:
        """The key of this row."""
        return self._opened.get(id_) or self._unwrap(id_)

    def forget(self) -> None:
        """Ask the ledger again which keys are current: some have just been retired."""
        self._current.clear()

    def check(self) -> None:
        """That each data key's master key is named, and that nothing lies there unencrypted unless we were told so."""
        with self._database.read() as connection:
            wrapped_by = set(connection.scalars(select(data_keys.c.master).distinct()))
            plain = self.masters.newest is not None and not self.masters.plain_too and holds_plain(connection)
        unknown = sorted(wrapped_by - self.masters.by_name.keys())
        if unknown and self.masters.newest is None:
            raise LedgerUnavailable(f"it is encrypted, with the master key {unknown[0]}", "set HUB_KEYS to a reference to it")
        if unknown:
            raise _missing(unknown[0])
        if plain:
            do = "write the word `unencrypted` behind the keys in HUB_KEYS until `soh-hub keys rotate` has encrypted them"
            raise LedgerUnavailable("some of what it holds is not encrypted", do)

    def _find_or_make(self, force: str, master: MasterKey) -> DataKey:
        period = f"{datetime.now(UTC):%Y-%m}"
        while True:
            with self._database.read() as connection:
                mine = (data_keys.c.force == force, data_keys.c.period == period)
                newest = select(data_keys.c.id).where(*mine, data_keys.c.retired_at.is_(None)).order_by(data_keys.c.generation.desc())
                found = connection.scalar(newest.limit(1))
                last = connection.scalar(select(func.max(data_keys.c.generation)).where(*mine)) or 0
            if found is not None:
                return self.of(found)
            self._make(force, period, last + 1, master)

    def _make(self, force: str, period: str, generation: int, master: MasterKey) -> None:
        """Another worker may make the same one first: then theirs is the one."""
        row = {"force": force, "period": period, "generation": generation, "master": master.name, "made_at": datetime.now(UTC)}
        wrapped = wrap(master, secrets.token_bytes(32), context_of(force, period, generation))
        with self._database.write() as connection:
            connection.execute(insert_unless_there(connection, data_keys).values(wrapped=wrapped, **row))

    def _unwrap(self, id_: int) -> DataKey:
        with self._database.read() as connection:
            row = connection.execute(select(data_keys).where(data_keys.c.id == id_)).one_or_none()
        if row is None:
            raise LedgerUnavailable(f"its data key {id_} is gone", "put its back-up in its place")
        master = self.masters.by_name.get(row.master)
        if master is None:
            raise _missing(row.master)
        key = DataKey(id_, unwrap(master, row.wrapped, context_of(row.force, row.period, row.generation)))
        self._opened[id_] = key
        return key


def context_of(force: str, period: str, generation: int) -> bytes:
    """What a wrapped key is bound to: it opens as no other force's."""
    return f"{force}\n{period}\n{generation}".encode()


def wrap(master: MasterKey, secret: bytes, context: bytes) -> bytes:
    """Raises LedgerUnavailable where the master key cannot be used."""
    try:
        return master.wrap(secret, context)
    except KeysUnavailable as error:
        raise LedgerUnavailable(f"the master key {master.name} cannot be used ({error})", "see to where it is kept") from None


def unwrap(master: MasterKey, wrapped: bytes, context: bytes) -> bytes:
    """Raises LedgerUnavailable where the master key cannot be used, or this was not wrapped with it."""
    try:
        return master.unwrap(wrapped, context)
    except KeysUnavailable as error:
        raise LedgerUnavailable(f"the master key {master.name} cannot be used ({error})", "see to where it is kept") from None
    except KeyRefused:
        force, period, _ = context.decode().split("\n")
        why = f"the data key of {force} for {period} is not the one that the master key {master.name} wrapped"
        raise LedgerUnavailable(why, "put its back-up in its place") from None


def holds_plain(connection: Connection) -> bool:
    """Whether anything is kept that is not encrypted."""
    return any(connection.execute(select(1).select_from(table).where(is_plain(table)).limit(1)).first() for table in HOLDERS)


def _missing(name: str) -> LedgerUnavailable:
    return LedgerUnavailable(f"it has bytes that only the master key {name} opens, which HUB_KEYS does not name", _HOW)
