"""Where a run's ledger lies: a file of its own, or a database on a private PostgreSQL that ends with the command."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.chaos.plan import LedgerKind

New = Callable[[Path], AbstractContextManager[str]]  # the URL of an empty ledger, for as long as a run lasts that lies in this folder


@contextmanager
def databases(kind: LedgerKind) -> Iterator[New]:
    """Gives a new database to each run while the block lasts."""
    if kind == "sqlite":
        yield _file
        return
    from tests.servers.postgres import running_postgres

    with running_postgres() as server:
        yield lambda _folder: server.database()


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'ledger.db'}"
