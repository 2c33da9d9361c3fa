"""One file for each report onto one OpenSSH server, with the ledger: `python -m bench.single_files --json [--files 3000]`.

Ours is the hub's own step `deliver`: the sealed drops read and decrypted, each file looked for, written under a temporary name,
measured and renamed, its receipt in the ledger. In the same run, for orientation and without any ledger, the same files by OpenSSH's
own `sftp -b` (no rename), a serial paramiko script and asyncssh with 32 files in flight (both with temporary name and rename). Exit
code 1 where files are missing or differ.
"""

import argparse
import asyncio
import base64
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.openssh import HOST, OpenSSH, far_disk, openssh
from bench.peers.work import AT, judged, make_intake, make_mappings

FORCE = "kent"
IN_FLIGHT = 32


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.single_files", description="One file for each report onto one OpenSSH server.")
    parser.add_argument("--files", type=int, default=3_000, help="how many (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile (default: a temporary folder)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="single-", dir=given.folder) as folder, far_disk(Path(folder)) as far:
        measured = measure(Path(folder), far, given.files)
    print(json.dumps(measured) if given.json else "\n".join(f"{name}: {figure}" for name, figure in measured.items()))  # noqa: T201
    return 0 if measured["right"] else 1


def measure(folder: Path, far: Path, files: int) -> dict[str, Any]:
    """Files a second of each, and ours stage by stage; `far` is the far end's disk.

    Seconds of processor time are of our process, without the server's.
    """
    expected = make_intake(folder / "intake", files, [FORCE])
    local = folder / "local"
    local.mkdir()
    for name, values in expected.items():
        (local / f"{name}.json").write_text(json.dumps(values, ensure_ascii=False))
    with openssh(folder / "ssh") as server:
        found: dict[str, Any] = {"files": files, "cores": os.cpu_count(), "ours": _ours(folder, server, far / "ours", expected)}
        for name, carry in (("sftp_b", _sftp_b), ("paramiko_serial", _paramiko), ("asyncssh_32", _asyncssh)):
            found[name] = _timed(far / name, server, local, carry)
    found["files_per_s"] = found["ours"]["files_per_s"]
    found["right"] = found["ours"]["right"] and all(found[name]["there"] == files for name in ("sftp_b", "paramiko_serial", "asyncssh_32"))
    return found


def _ours(folder: Path, server: OpenSSH, arriving: Path, expected: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    from flows.wiring import open_hub
    from hub.clock import Clock
    from hub.ledger.account import account
    from hub.settings import Settings
    from hub.steps.deliver import deliver
    from hub.steps.pick_up import pick_up
    from hub.steps.prepare import prepare

    mappings = make_mappings(folder / "mappings", "single", server, arriving, [FORCE])
    (folder / "key").write_text(secrets.token_hex(32))
    hub = open_hub(
        Settings.read({"HUB_HOME": str(folder / "hub"), "HUB_MAPPINGS": str(mappings), "HUB_KEYS": f"file:{folder / 'key'}"}), Clock.at(AT)
    )
    (route,) = hub.registry.forces[FORCE].routes
    stages: dict[str, float] = {}

    def staged(name: str, work: Callable[[], object]) -> None:
        began = time.monotonic()
        work()
        stages[name] = round(time.monotonic() - began, 3)

    staged("pick_up_s", lambda: pick_up(hub.ledger, hub.source_of(folder / "intake", 0), hub.registry, hub.clock))
    staged("prepare_s", lambda: prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock))
    before = time.process_time()
    staged("deliver_s", lambda: deliver(hub.ledger, route, hub.transport_of(route), hub.clock))
    used = time.process_time() - before
    balanced = account(hub.ledger).balanced
    hub.close()
    came = judged(arriving, expected)
    right = came["arrived"] == len(expected) == came["files"] and not came["wrong"] and balanced
    cpu = round(used / len(expected) * 1e6)
    return {"files_per_s": round(len(expected) / stages["deliver_s"]), "cpu_us_per_file": cpu, "right": right, **stages}


def _timed(directory: Path, server: OpenSSH, local: Path, carry: Callable[[Mapping[str, Any], Path], None]) -> dict[str, Any]:
    settings = server.for_peers(directory)
    began = time.monotonic()
    carry(settings, local)
    seconds = time.monotonic() - began
    there = sum(1 for file in directory.iterdir() if file.suffix == ".json")
    return {"files_per_s": round(there / seconds), "seconds": round(seconds, 2), "there": there}


def _sftp_b(server: Mapping[str, Any], local: Path) -> None:
    batch, known = local.parent / "batch", local.parent / "known"
    batch.write_text("\n".join([f"cd {server['directory']}", *(f"put {file} {file.name}" for file in sorted(local.iterdir()))]) + "\n")
    known.write_text(f"[{HOST}]:{server['port']} {server['host_key']}\n")
    options = ["-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"]
    command = ["sftp", "-q", "-b", str(batch), "-P", str(server["port"]), "-i", server["key"], *options, f"{server['username']}@{HOST}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # noqa: S603 - the system's own client


def _paramiko(server: Mapping[str, Any], local: Path) -> None:
    import paramiko

    with paramiko.SSHClient() as ssh:
        kind, key = server["host_key"].split()
        ssh.get_host_keys().add(f"[{HOST}]:{server['port']}", kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        ssh.connect(HOST, server["port"], server["username"], key_filename=server["key"], allow_agent=False, look_for_keys=False)
        sftp = ssh.open_sftp()
        sftp.chdir(server["directory"])
        for file in sorted(local.iterdir()):
            sftp.put(str(file), f".{file.name}.part", confirm=False)
            sftp.posix_rename(f".{file.name}.part", file.name)


def _asyncssh(server: Mapping[str, Any], local: Path) -> None:
    asyncio.run(_in_flight(server, local))


async def _in_flight(server: Mapping[str, Any], local: Path) -> None:
    import asyncssh

    known = asyncssh.import_known_hosts(f"[{HOST}]:{server['port']} {server['host_key']}\n")
    places = asyncio.Semaphore(IN_FLIGHT)
    reached = {"port": server["port"], "username": server["username"], "client_keys": [server["key"]], "known_hosts": known}
    async with asyncssh.connect(HOST, **reached) as ssh, ssh.start_sftp_client() as sftp:

        async def one(file: Path) -> None:
            async with places:
                part = f"{server['directory']}/.{file.name}.part"
                async with sftp.open(part, "wb") as far:
                    await far.write(file.read_bytes())
                await sftp.posix_rename(part, f"{server['directory']}/{file.name}")

        await asyncio.gather(*(one(file) for file in sorted(local.iterdir())))


if __name__ == "__main__":
    sys.exit(main())
