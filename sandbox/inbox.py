"""The inbox of an SFTP stand-in: takes a drop when its manifest is there, whole or not at all, and once."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hub.words import PayloadKind
from sandbox.files import write_whole
from sandbox.holdings import HeldReport, collected_of, home_of
from sandbox.reading import Seen, Unreadable, reports_in
from sandbox.records import RecordsSystem
from sandbox.shelf import Kept, Shelf
from sandbox.stands import Stand
from sandbox.striking import Faults

MANIFEST = ".manifest.json"
PLAIN = re.compile(r"[a-z0-9][A-Za-z0-9._-]{,250}")


class NotTaken(Exception):
    """The drop is broken; the text is a stable code (`payload-missing`, `digest-differs`, `count-differs` …)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A payload as the manifest announces it; without a manifest nothing is announced of it."""

    name: str
    kind: PayloadKind
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """A drop as it is announced: `reports` is how many it says that it holds."""

    key: str
    pieces: tuple[Piece, ...]
    reports: int | None


class Inbox:
    """What arrives in one stand's directory. One call at a time."""

    def __init__(self, folder: Path, stand: Stand, shelf: Shelf, records: RecordsSystem, faults: Faults) -> None:
        self.stand = stand
        self.home = home_of(folder, stand)
        self.arrivals = self.home / stand.directory.lstrip("/")
        self._collected = collected_of(folder, stand)
        self._out = self.home / stand.acknowledgements.lstrip("/")
        self._shelf = shelf
        self._records = records
        self._faults = faults
        for place in (self.arrivals, self._out, self._collected):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)

    def announces(self, path: Path) -> bool:
        """Whether a file that was renamed to this path makes a drop complete."""
        return self._arrives(path) and (path.name.endswith(MANIFEST) or not self.stand.manifest)

    def collect(self, path: Path) -> None:
        """Takes a file away from where its sender can see it, if it has its name in the inbox."""
        if self._arrives(path):
            path.replace(self._collected / path.name)

    def sweep(self) -> None:
        """Takes and acknowledges what an earlier run did not come to."""
        lying = {path.name for place in (self.arrivals, self._collected) for path in place.iterdir()}
        for name in sorted(lying):
            if self.announces(self.arrivals / name) and name not in self._shelf.digests:
                self.take(name)
        for drop in list(self._shelf.unacknowledged):
            self._acknowledge(drop)

    def take(self, name: str) -> None:
        """Takes the drop that this file announces. A broken one is noted and left; one that is here already, too."""
        if name in self._shelf.digests:
            self._shelf.refuse(name, "already-taken")
            return
        try:
            drop = self._announced(name)
            kept = [self._keep(drop.key, piece) for piece in drop.pieces]
            seen = [(payload.key, report) for payload in kept for report in self._reports(payload)]
            if drop.reports not in (None, len(seen)):
                raise NotTaken("count-differs")
        except (NotTaken, Unreadable) as fault:
            self._shelf.refuse(name, str(fault))
            return
        self._shelf.take(drop.key, kept, [self._records.judge(report, payload) for payload, report in seen])
        self._acknowledge(drop.key)

    def _arrives(self, path: Path) -> bool:
        return path.parent == self.arrivals and not path.name.startswith(".") and not path.name.endswith(".part")

    def _lying(self, name: str) -> Path:
        """Where a file lies that came under this name."""
        collected = self._collected / name
        return collected if collected.exists() else self.arrivals / name

    def _announced(self, name: str) -> Announced:
        if self.stand.manifest:
            return _read_manifest(self.stand, name, self._lying(name).read_bytes())
        kind = PayloadKind.RECORDS if name.startswith(f"{self.stand.name}.") else PayloadKind.ATTACHMENT
        return Announced(name.rpartition(".")[0], (Piece(name, kind),), None)

    def _keep(self, drop: str, piece: Piece) -> Kept:
        """Links the file, so that what is kept stays what was judged, whatever becomes of its name."""
        file = f"payloads/{drop}/{piece.name}"
        kept = self._shelf.folder / file
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            kept.unlink(missing_ok=True)
            os.link(self._lying(piece.name), kept)
        except FileNotFoundError:
            raise NotTaken("payload-missing") from None
        with kept.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = kept.stat().st_size
        if piece.size not in (None, size):
            raise NotTaken("size-differs")
        if piece.sha256 not in (None, sha256):
            raise NotTaken("digest-differs")
        return Kept(piece.name, piece.kind, size, sha256, file)

    def _reports(self, payload: Kept) -> list[Seen]:
        if payload.kind is not PayloadKind.RECORDS:
            return []
        return reports_in(self.stand, payload.key, (self._shelf.folder / payload.file).read_bytes())

    def _acknowledge(self, drop: str) -> None:
        if self._faults.strikes("silent", "acknowledge", self.stand):
            return
        reports = self._shelf.unacknowledged.get(drop, [])
        if reports:
            write_whole(self._out / f"{drop}.ack.json", b"".join(_acknowledgement(report) for report in reports))
        self._shelf.acknowledged(drop)


def _acknowledgement(report: HeldReport) -> bytes:
    outcome = (
        {"outcome": "accepted", "reference": report.their_reference}
        if report.accepted
        else {"outcome": "rejected", "reason": report.reason}
    )
    return orjson.dumps(
        {"submission_id": report.submission_id, **outcome, "at": report.at}, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
    )


def _read_manifest(stand: Stand, name: str, body: bytes) -> Announced:
    """The manifest, last of its own pieces. Nothing in it is believed before it is checked."""
    try:
        manifest = orjson.loads(body)
        key = name.removesuffix(MANIFEST)
        if (manifest["drop"], manifest["force"], manifest["route"]) != (key, stand.force, stand.route):
            raise NotTaken("not-for-us")
        pieces = [_piece(PayloadKind.ATTACHMENT, row, row["submission_id"]) for row in manifest["attachments"]]
        pieces += [_piece(PayloadKind(row["kind"]), row, key) for row in manifest["payloads"]]
        return Announced(key, (*pieces, Piece(name, PayloadKind.MANIFEST)), int(manifest["reports"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise NotTaken("manifest-unreadable") from None


def _piece(kind: PayloadKind, row: dict[str, Any], whose: str) -> Piece:
    """A name from the manifest never becomes a path: it is the drop's key, or the submission's id, and a plain ending."""
    name = row["name"]
    if not name.startswith(f"{whose}.") or not PLAIN.fullmatch(name):
        raise NotTaken("manifest-unreadable")
    return Piece(name, kind, int(row["bytes"]), row["sha256"])
