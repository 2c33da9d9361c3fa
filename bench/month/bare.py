"""The bare script: `python -m bench.month.bare AT INTAKE`. The same reads, mappings, encodings and uploads, one after the other.

No ledger, no checks, no seal, no look-up, no acknowledgement: what stands here is what anybody would write with the same libraries,
and what a crash of it would leave behind nobody could say.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from flows.wiring import transport_to
from hub.clock import Clock, day_of
from hub.contracts import DropHeader, Encoded, Payload, Transport
from hub.forces.registry import Registry, Route
from hub.mapping.record import Record
from hub.reports.reader import read
from hub.settings import Settings
from hub.words import Lane, PayloadKind


class Upload:
    """One route's: its records until a drop is full, its encoder and its connection."""

    def __init__(self, route: Route, at: datetime) -> None:
        from adapters.registry import make_format

        settings = {name: value for name, value in route.format.items() if name != "name"}
        self._format = make_format(str(route.format["name"]), settings, route.folder)
        self._transport: Transport = transport_to(route)
        self._route, self._at, self._drops = route, at, 0
        self._records: list[Record] = []

    def add(self, record: Record) -> None:
        self._records.append(record)
        if len(self._records) == self._route.drops.at_most:
            self.send()

    def send(self) -> None:
        if self._records:
            for encoded in self._format.encode(self._records, self._header()):
                self._transport.send(_payload(encoded))
        self._records = []

    def close(self) -> None:
        self.send()
        self._transport.close()

    def _header(self) -> DropHeader:
        route, self._drops = self._route, self._drops + 1
        key = f"{route.force}.{route.name}.routine.bare.{self._drops:06d}"
        environment = route.endpoint.environment
        return DropHeader(route.force, route.force_code, route.name, Lane.ROUTINE, "bare", self._drops, key, self._at, environment)


def main(at: str, intake: str) -> None:
    """Says `ready` when its libraries are loaded, and begins when it is told to."""
    settings, now = Settings.read(os.environ), Clock.at(datetime.fromisoformat(at)).now()
    registry = Registry.load(settings.mappings, settings.endpoints)
    print("ready", flush=True)  # noqa: T201 - the line that the bench waits for
    sys.stdin.readline()
    began = time.monotonic()
    carry(registry, Path(intake), now)
    print(time.monotonic() - began, flush=True)  # noqa: T201 - a command's answer


def carry(registry: Registry, intake: Path, now: datetime) -> None:
    """Everything in the intake to its force."""
    day, uploads = day_of(now), {}
    for body in bodies(intake):
        report = read(body).report
        force = registry.by_code(report.force_code)
        route = registry.forces[force.slug].primary_on(day) if force else None
        assert route  # noqa: S101 - the bench's own intake is for forces that are live
        if route.force not in uploads:
            uploads[route.force] = Upload(route, now)
        uploads[route.force].add(route.mapping(report.service).apply(report, day))
    for upload in uploads.values():
        upload.close()


def bodies(intake: Path) -> Iterator[bytes]:
    for file in sorted(intake.glob("*.ndjson")):
        with file.open("rb") as lines:
            yield from lines
        file.unlink()


def _payload(encoded: Encoded) -> Payload:
    import hashlib
    import io

    body, digest = encoded.body, hashlib.sha256(encoded.body).hexdigest()
    return Payload(encoded.key, encoded.name, PayloadKind.RECORDS, encoded.media_type, len(body), digest, lambda: io.BytesIO(body))


if __name__ == "__main__":
    main(*sys.argv[1:])
