"""What the far ends hold, read from a sandbox folder: the judge of what was delivered, byte for byte and how often."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from hub.words import PayloadKind
from sandbox.stands import Stand, read_stands

STANDS = "stands.json"
TAKEN = "taken.ndjson"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HeldPayload:
    """A payload as a far end took it. `sha256` is what the far end computed; `read` gives the bytes that it kept."""

    key: str  # the idempotency key over REST, the file's name over SFTP
    kind: PayloadKind
    size: int
    sha256: str
    file: Path
    offset: int = 0

    def read(self) -> bytes:
        with self.file.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)

    def digest(self) -> str:
        """SHA-256 of the bytes that it kept, computed now and in flat memory."""
        digest, left = hashlib.sha256(), self.size
        with self.file.open("rb") as file:
            file.seek(self.offset)
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class HeldReport:
    """A report as a far end took it, and what it said of it. A report that it took twice is here twice."""

    submission_id: str
    reference: str
    accepted: bool
    their_reference: str | None
    reason: str | None
    at: datetime
    payload: str  # the key of the payload that it came in


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that came and was not taken: `why` is a stable code (`digest-differs`, `already-taken`, `business-rule` …)."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """All that one force holds from one route."""

    stand: Stand
    payloads: tuple[HeldPayload, ...]
    reports: tuple[HeldReport, ...]
    refusals: tuple[Refusal, ...]
    untaken: tuple[str, ...]  # names that lie in an SFTP inbox, or were taken away from it, and belong to no drop that was taken


def holdings(folder: Path) -> dict[tuple[str, str], Held]:
    """What every stand-in of a sandbox folder holds, by force and route; also while the stand-ins run."""
    return {(stand.force, stand.route): held(folder, stand) for stand in read_stands(folder / STANDS)}


def held(folder: Path, stand: Stand) -> Held:
    """What one stand-in holds."""
    store = store_of(folder, stand)
    lines = list(read_lines(store / TAKEN))
    payloads = tuple(_payload(store, row) for line in lines for row in line.get("payloads", ()))
    reports = tuple(report_of(row) for line in lines for row in line.get("reports", ()))
    refusals = tuple(Refusal(line["key"], line["refused"]) for line in lines if "refused" in line)
    return Held(stand, payloads, reports, refusals, _untaken(folder, stand, {payload.key for payload in payloads}))


def store_of(folder: Path, stand: Stand) -> Path:
    """Where a stand-in keeps what it took."""
    return folder / "held" / stand.force / stand.route


def home_of(folder: Path, stand: Stand) -> Path:
    """What the account of an SFTP stand-in sees as `/`."""
    return folder / "sftp" / stand.force / stand.route


def collected_of(folder: Path, stand: Stand) -> Path:
    """Where an SFTP stand-in that takes files away puts them: its account does not see it."""
    return folder / "collected" / stand.force / stand.route


def read_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The whole lines of a journal: a last one that is not finished yet, or was cut by a crash, is not there."""
    if path.exists():
        with path.open("rb") as lines:
            yield from (orjson.loads(line) for line in lines if line.endswith(b"\n"))


def report_of(row: Mapping[str, Any]) -> HeldReport:
    return HeldReport(**{**row, "at": datetime.fromisoformat(row["at"])})


def _payload(store: Path, row: Mapping[str, Any]) -> HeldPayload:
    return HeldPayload(row["key"], PayloadKind(row["kind"]), row["size"], row["sha256"], store / row["file"], row["offset"])


def _untaken(folder: Path, stand: Stand, taken: set[str]) -> tuple[str, ...]:
    places = (home_of(folder, stand) / stand.directory.lstrip("/"), collected_of(folder, stand))
    lying = {path.name for place in places if place.is_dir() for path in place.iterdir()}
    return tuple(sorted(lying - taken))
