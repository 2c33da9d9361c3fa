"""The ledger: the truth about every submission and drop. Opens the database and the store, and brings both up to date."""

from pathlib import Path
from threading import Lock

from hub.ledger.engine import Database
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.history_keys import NO_KEYS, HistoryKeys
from hub.ledger.master_keys import NO_MASTERS, MasterKeys
from hub.ledger.store import Store
from hub.ledger.vault import Vault
from hub.ledger.workers import name_of_this_process

LEASE_SECONDS = 60.0  # renewed every third of it
LONGEST_LEASE = 300.0  # seconds: what ends later was written before the clock was set back


class Ledger:
    """A database and a store of bytes. `worker` names this process on what it claims; open one in each process, after any fork.
    `keys` seal its history, `masters` wrap the keys that encrypt what it keeps.

    `under_way` are the lanes that this process is sending, and `probing` the endpoints that it probes, whatever the database says: it may
    have been gone when one was given back.

    Raises LedgerUnavailable where the database cannot be opened or brought up to date.
    """

    def __init__(
        self,
        url: str,
        store: str,
        *,
        worker: str | None = None,
        lease_seconds: float = LEASE_SECONDS,
        keys: HistoryKeys = NO_KEYS,
        masters: MasterKeys = NO_MASTERS,
    ) -> None:
        self.database = Database(url, keys)
        self.keys = keys
        self.vault = Vault(self.database, masters)
        self.store = Store(store, self.vault)
        self.worker = worker or name_of_this_process()
        self.lease_seconds = lease_seconds
        self.series = ""
        self.under_way: set[tuple[str, str, str]] = set()
        self.probing: set[tuple[str, str]] = set()
        self.lock = Lock()
        self.read = self.database.read
        self.write = self.database.write

    @classmethod
    def open(
        cls,
        url: str,
        store: str,
        *,
        worker: str | None = None,
        lease_seconds: float = LEASE_SECONDS,
        keys: HistoryKeys = NO_KEYS,
        masters: MasterKeys = NO_MASTERS,
    ) -> "Ledger":
        """The ledger at `url`, made or migrated to the newest tables; one whose bytes these keys can open."""
        from hub.ledger.migrate import begin_series, upgrade

        ledger = cls(url, store, worker=worker, lease_seconds=lease_seconds, keys=keys, masters=masters)
        _make_folder(ledger.database)
        upgrade(ledger.database)
        ledger.vault.check()
        ledger.series = begin_series(ledger.database)
        return ledger

    def close(self) -> None:
        self.database.close()


def _make_folder(database: Database) -> None:
    file = database.url.database
    if not database.is_sqlite or not file or file == ":memory:":
        return
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnavailable(f"{file}: its folder cannot be made ({error.strerror})", "make it, or set HUB_HOME") from None
