"""The stand-ins by themselves: how many requests and files a second they take from the smallest client there is."""

import http.client
import io
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from bench.month.processes import cpu_seconds
from hub.clock import day_of
from hub.contracts import DropHeader
from hub.forces.registry import Registry, Route
from hub.reports.reader import read
from hub.settings import PROJECT
from hub.words import Lane
from sandbox.stand_ins import StandIns

TIMES = 1_000  # fewer are over before their processor time can be told


def alone(far: StandIns, made: Path, times: int = TIMES) -> dict[str, Any]:
    """By profile: a second's requests or files, and the stand-in's own processor time for one, of so many."""
    assert far.pid  # noqa: S101 - it was started
    found: dict[str, Any] = {}
    for route, body in _reports(far, made):
        before, began = cpu_seconds(far.pid), time.monotonic()
        (_post if route.transport["name"] == "rest" else _put)(route.transport, body, times)
        seconds, cpu = time.monotonic() - began, cpu_seconds(far.pid) - before
        found[route.profile] = {"a_second": round(times / seconds), "stand_in_cpu_us": round(cpu / times * 1e6)}
    return found


def _reports(far: StandIns, made: Path) -> Iterator[tuple[Route, bytes]]:
    """One report as it is sent, for the first force of each profile that comes up."""
    from adapters.registry import make_format

    registry = Registry.load(PROJECT / "mappings", far.endpoints)
    seen: set[str] = set()
    for line in min(made.iterdir()).read_bytes().splitlines():
        report = read(line).report
        force = registry.by_code(report.force_code)
        day = day_of(report.submitted_at)
        route = registry.forces[force.slug].primary_on(day) if force else None
        if route is None or route.profile in seen:
            continue
        seen.add(route.profile)
        settings = {name: value for name, value in route.format.items() if name != "name"}
        format_ = make_format(str(route.format["name"]), settings, route.folder)
        key = f"{route.force}.{route.name}.routine.alone.000001"
        header = DropHeader(
            route.force, route.force_code, route.name, Lane.ROUTINE, "alone", 1, key, report.submitted_at, route.endpoint.environment
        )
        yield route, next(iter(format_.encode([route.mapping(report.service).apply(report, day)], header))).body


def _post(settings: Mapping[str, Any], report: bytes, times: int) -> None:
    """One connection, kept alive; each request under a key of its own, so that each is taken."""
    at = urlsplit(settings["url"])
    key = Path(settings["api_key"].removeprefix("file:")).read_text()
    digest = f"sha-256=:{b64encode(sha256(report).digest()).decode()}:"
    headers = {"X-API-Key": key, "Content-Digest": digest, "Content-Type": "application/json"}
    line = http.client.HTTPConnection(at.hostname or "", at.port)
    for number in range(times):
        line.request("POST", at.path, report, headers | {"Idempotency-Key": f"alone/{number}"})
        answer = line.getresponse()
        answer.read()
        if answer.status != 201:
            raise RuntimeError(f"the stand-in answered {answer.status}")
    line.close()


def _put(settings: Mapping[str, Any], report: bytes, times: int) -> None:
    """One file after the other: temporary name, then its own."""
    import paramiko

    login = orjson.loads(Path(settings["credentials"].removeprefix("file:")).read_bytes())
    with paramiko.Transport((settings["host"], int(settings["port"]))) as transport:
        transport.connect(username=login["username"], password=login["password"])
        client = paramiko.SFTPClient.from_transport(transport)
        assert client  # noqa: S101 - it was connected in the line above
        place = f"{settings.get('directory', '/in/soh')}/alone"
        for number in range(times):
            client.putfo(io.BytesIO(report), f"{place}.{number}.part", confirm=False)
            client.posix_rename(f"{place}.{number}.part", f"{place}.{number}")
