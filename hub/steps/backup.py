"""Back up and restore: the database as it stood at one instant, and everything in the store that it refers to. No key is in it.

The database is copied first: what it refers to was in the store before it was written. A folder is a back-up once it has
`backup.json`, which is written last; a copy into one that has it leaves what is in its store already.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson

from hub.forces.registry import Registry
from hub.ledger.backups import copy_database, objects, put_database, refuse_a_used_one
from hub.ledger.errors import CannotRestore, LedgerUnavailable
from hub.ledger.history_keys import HistoryKeys
from hub.ledger.ledger import Ledger
from hub.ledger.migrate import upgrade
from hub.ledger.restoring import EVERY, begin_restored
from hub.ledger.store import Store
from hub.words import Purpose

_SAYS, _DATABASE, _STORE = "backup.json", "database", "store"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a back-up says of itself. `missing` objects of the store were gone when it was made."""

    made_at: str
    kind: str  # sqlite or postgresql
    series: str
    objects: int
    missing: tuple[str, ...]
    bytes: int  # of the database's copy
    sha256: str


def back_up(ledger: Ledger, folder: Path, at: datetime) -> Backup:
    """Copy everything that the ledger holds now to a folder that is empty or an older back-up. Others may go on writing.

    Raises LedgerUnavailable, also where the folder cannot be written; the older back-up is then none any more.
    """
    with _folder(folder):
        if folder.exists() and any(folder.iterdir()) and not (folder / _SAYS).exists():
            raise LedgerUnavailable(f"{folder} is neither empty nor a back-up", "name another folder")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / _SAYS).unlink(missing_ok=True)
        copy = folder / _DATABASE
        copy.unlink(missing_ok=True)
        copy_database(ledger, copy)
        copy.chmod(0o600)
        kept, missing = _copy_store(ledger, ledger.store, Store(str(folder / _STORE)))
        kind = "sqlite" if ledger.database.is_sqlite else "postgresql"
        made = Backup(at.isoformat(), kind, ledger.series, kept, tuple(missing), copy.stat().st_size, _digest(copy))
        _write(folder / _SAYS, orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
    return made


def _copy_store(ledger: Ledger, source: Store, target: Store) -> tuple[int, list[str]]:
    """What the database refers to; what lies there already is not copied again. Returns how many, and which are gone."""
    count, missing = 0, []
    for uri in dict.fromkeys(objects(ledger)):
        try:
            if not target.has(uri):
                target.take(uri, source.open(None, uri))
            count += 1
        except FileNotFoundError:
            missing.append(uri)
    return count, missing


def restore(
    folder: Path, url: str, store: str, registry: Registry, keys: HistoryKeys, lost_at: datetime, at: datetime
) -> tuple[Backup, Ledger]:
    """A ledger at `url` and `store` as a back-up has it, which sends nothing before each far end was compared.

    Raises CannotRestore and LedgerUnavailable. Broken off, the ledger cannot be opened.
    """
    made = read(folder)
    refuse_a_used_one(url)
    if made.kind != ("sqlite" if url.startswith("sqlite") else "postgresql"):
        raise CannotRestore(f"{folder} is of {made.kind}, and HUB_LEDGER_URL names another kind of database: name one of its kind.")
    with _folder(folder):
        put_database(folder / _DATABASE, url)
        restored = Ledger(url, store, keys=keys)
        upgrade(restored.database)
        _copy_store(restored, Store(str(folder / _STORE)), restored.store)
    begin_restored(restored, _routes(registry), lost_at, at)
    return made, restored


def read(folder: Path) -> Backup:
    """What a back-up says of itself, once its database's copy is as it was made. Raises CannotRestore."""
    try:
        said = orjson.loads((folder / _SAYS).read_bytes())
        made = Backup(**{**said, "missing": tuple(said["missing"])})
        digest = _digest(folder / _DATABASE)
    except (OSError, orjson.JSONDecodeError, TypeError, KeyError):
        raise CannotRestore(f"{folder} is no whole back-up: name a folder that has {_SAYS} and {_DATABASE}.") from None
    if digest != made.sha256:
        raise CannotRestore(f"{folder / _DATABASE} is not what was backed up: restore another back-up.")
    return made


def _routes(registry: Registry) -> dict[tuple[str, str], Purpose]:
    """Every route on file; of a force whose file is broken nobody knows them."""
    routes = [route for force in registry.forces.values() for route in force.routes]
    whole = {(force, EVERY): Purpose.PRIMARY for force in registry.broken}
    return {(r.force, r.name): Purpose.COPY if r.purpose is Purpose.COPY else Purpose.PRIMARY for r in routes} | whole


def _digest(file: Path) -> str:
    with file.open("rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()


def _write(file: Path, body: bytes) -> None:
    with file.open("wb") as out:
        file.chmod(0o600)
        out.write(body)
        out.flush()
        os.fsync(out.fileno())


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """What the folder's disk refuses."""
    try:
        yield
    except OSError as error:
        raise LedgerUnavailable(f"{error.filename or folder}: {error.strerror}", "see to it") from None
