"""Runs the stand-in forces: `python -m sandbox.serve --folder DIR`, until it is told to stop."""

import argparse
import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hub.garbage import collect_seldom
from sandbox.endpoints import make_secrets, write_endpoints
from sandbox.holdings import STANDS
from sandbox.onboard import NoPlace, stands_of
from sandbox.process import READY, ended, told_to_stop
from sandbox.stands import Stand, read_stands, write_stands

SERVERS = ("sftp", "rest")
PATIENCE = 30.0  # seconds that a server may take until it listens


class NotReady(Exception):
    """A stand-in did not start, or ended while it was wanted."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves a stand-in for every route of every force until SIGTERM, Ctrl-C, or (`--with-parent`) standard input is closed."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.serve", description="Runs stand-in forces on loopback.")
    parser.add_argument("--folder", type=Path, required=True, help="where the stand-ins keep what they receive; made if it is not there")
    parser.add_argument("--mappings", type=Path, default=Path("mappings"), help="the forces to stand in for")
    parser.add_argument("--as-before", action="store_true", help="the stand-ins of the folder's last run, whatever the mappings say now")
    parser.add_argument("--at", help="a time with offset at which their clocks stand still")
    parser.add_argument("--tls", action="store_true", help="the REST stand-ins speak HTTPS, with an authority of their own")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input is closed")
    given = parser.parse_args(arguments)
    collect_seldom()
    folder = given.folder.resolve()
    try:
        stands = read_stands(folder / STANDS) if given.as_before else stands_of(given.mappings)
        stands = [replace(stand, tls=True) if given.tls and stand.transport == "rest" else stand for stand in stands]
        asyncio.run(serve(folder, stands, given.at, with_parent=given.with_parent))
    except (NotReady, NoPlace) as fault:
        print(f"sandbox: {fault}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    return 0


async def serve(folder: Path, stands: list[Stand], at: str | None = None, *, with_parent: bool = False) -> None:
    """Serves these stands, and names them in the folder's `endpoints.yaml` once they listen. Raises NotReady."""
    told = told_to_stop()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_secrets(folder, stands)
    write_stands(folder / STANDS, stands)
    servers = {name: await _start(name, folder, at) for name in SERVERS}
    try:
        for name, server in servers.items():
            await _listening(name, server)
        endpoints = write_endpoints(folder, stands)
        print(f"ready: {len(stands)} stand-ins; HUB_ENDPOINTS={endpoints}", flush=True)  # noqa: T201 - a command's answer
        await _until_ended(servers, told, with_parent=with_parent)
    finally:
        await asyncio.gather(*(_stop(server) for server in servers.values()))


async def _start(name: str, folder: Path, at: str | None) -> Process:
    instant = ["--at", at] if at else []
    command = [sys.executable, "-m", f"sandbox.{name}", "--folder", str(folder), *instant]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)  # Ctrl-C is ours alone


async def _listening(name: str, server: Process) -> None:
    assert server.stdout  # noqa: S101 - it was started with a pipe
    try:
        line = await asyncio.wait_for(server.stdout.readline(), PATIENCE)
    except TimeoutError:
        line = b""
    if line.strip() != READY.encode():
        raise NotReady(f"the {name} stand-ins did not start; the reason stands above")


async def _until_ended(servers: dict[str, Process], told: asyncio.Event, *, with_parent: bool) -> None:
    end = asyncio.ensure_future(ended(told, with_parent=with_parent))
    waits = [asyncio.ensure_future(server.wait()) for server in servers.values()]
    await asyncio.wait([end, *waits], return_when=asyncio.FIRST_COMPLETED)
    if not end.done():
        end.cancel()
        raise NotReady(f"the {' and '.join(name for name, server in servers.items() if server.returncode is not None)} stand-ins ended")
    for wait in waits:
        wait.cancel()


async def _stop(server: Process) -> None:
    """Closes the line to a server, which then ends; one that does not is ended."""
    assert server.stdin  # noqa: S101 - it was started with a pipe
    server.stdin.close()
    try:
        await asyncio.wait_for(server.wait(), 10)
    except TimeoutError:
        server.kill()
        await server.wait()


if __name__ == "__main__":
    sys.exit(main())
