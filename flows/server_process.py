"""What runs inside the Prefect server's own process: `python -m flows.server_process DESCRIPTOR PARENT`.

It ends when the process that started it ends, even by SIGKILL, so that no server is left behind.
`python -m flows.server_process template` makes the migrated, empty database that the set-up keeps.
"""

import asyncio
import importlib
import os
import signal
import socket
import sys
import threading
import time
from tempfile import TemporaryDirectory

from hub.garbage import collect_seldom
from hub.memory import stay_in_large_pages

_PATIENCE = 5.0  # seconds for an orderly end


def end_with(parent: int) -> None:
    """End this process within seconds of `parent`'s end.

    The parent is watched, not PR_SET_PDEATHSIG set: that signal comes when the *thread* that started us ends.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def serve(descriptor: int) -> None:
    """Serve Prefect's API and UI on a socket that listens already, until a signal ends it."""
    import uvicorn
    from prefect.server.api import collections
    from prefect.server.api.server import create_app

    importlib.import_module("flows.alarm_block")  # the server tells alarms through it; one begun otherwise finds it by its entry point
    # a worker asks for the kinds of workers, which the server would fetch from GitHub: without an address it takes the list that it has
    collections.KNOWN_VIEWS = dict.fromkeys(collections.KNOWN_VIEWS, "")
    config = uvicorn.Config(create_app(final=True), log_level="warning", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def make_template() -> None:
    """Keep an empty database that Prefect has migrated and filled with its block types."""
    from flows.server import template

    with TemporaryDirectory() as home:
        os.environ |= {"PREFECT_HOME": home, "DO_NOT_TRACK": "1"}
        asyncio.run(_migrate())
        template().parent.mkdir(parents=True, exist_ok=True)
        _copy(f"{home}/prefect.db", f"{template()}.part")
        os.replace(f"{template()}.part", template())


async def _migrate() -> None:
    from prefect.server.database import provide_database_interface
    from prefect.server.models.block_registration import run_block_auto_registration

    database = provide_database_interface()
    await database.create_db()
    async with await database.session() as session:
        await run_block_auto_registration(session=session)


def _copy(source: str, target: str) -> None:
    """Copy an SQLite database with what is still in its write-ahead log."""
    import sqlite3

    with sqlite3.connect(source) as there, sqlite3.connect(target) as here:
        there.backup(here)


if __name__ == "__main__":
    collect_seldom()
    if sys.argv[1] == "template":
        make_template()
    else:
        end_with(int(sys.argv[2]))
        stay_in_large_pages(after_seconds=30, every_seconds=10)
        serve(int(sys.argv[1]))
