"""A large attachment, end to end: memory, throughput beside a bare upload, and what a cut in the middle costs.

`python -m bench.large_attachment --bytes 1000000000 --json`. Each pass is a process of its own (`bench.large_pass`): picked up from a
folder, sealed, and carried to an SFTP and to a REST stand-in. Exit code 1 where memory grew, a cut began anew, or a far end holds
other bytes.
"""

import argparse
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import yaml

from sandbox.cutting import Cutting
from sandbox.stand_ins import StandIns

AT = "2026-11-22T07:00:00+00:00"
SMALL = 1_000_000  # bytes: what the memory of a large one is held against
FLAT = 30.0  # MB that a large attachment may cost more
FORCES = {"sftp": ("kent", "46"), "rest": ("lancashire", "04")}
MAPPINGS = Path(__file__).resolve().parents[1] / "mappings"
_PIECE = 1024 * 1024
_FILM = b"\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom"
_SUBMISSION: dict[str, Any] = {
    "category": "OCR",
    "submitTime": "2026-11-22T06:15:00+00:00",
    "submissionContent": "OFFICIAL\nMade up for a measurement.",
    "formVersion": "3.2",
    "language": "en",
    "digitalReport": {
        "anonymous": False,
        "involvement": "victim",
        "people": [
            {"id": "P1", "roles": ["reporter", "victim"], "familyName": "Made-Up", "dateOfBirth": "1980-02-03", "phone": "+447700900123"}
        ],
        "incident": {"occurredFrom": "2026-11-21T22:00:00+00:00", "offence": "burglary-residential", "cctv": True},
        "locations": [{"id": "L1", "latitude": 51.27, "longitude": 0.52, "address": {"street": "Made Up Road", "town": "Nowhere"}}],
    },
}


@dataclass(frozen=True)
class Video:
    """A film by its first box, and random bytes after it."""

    path: Path
    size: int
    sha256: str

    @classmethod
    def make(cls, path: Path, size: int) -> "Video":
        digest, left = hashlib.sha256(_FILM), size - len(_FILM)
        with path.open("wb") as file:
            file.write(_FILM)
            while left:
                piece = os.urandom(min(_PIECE, left))
                digest.update(piece)
                left -= file.write(piece)
        return cls(path, size, digest.hexdigest())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.large_attachment", description="Carries one large attachment, and measures.")
    parser.add_argument("--bytes", type=int, default=1_000_000_000, help="size of the attachment (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where everything lies meanwhile, some ten times the size; default: a temporary one")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="large-", dir=given.folder) as folder:
        measured = measure(Path(folder), given.bytes)
    for name, figures in measured.items():
        if not given.json:
            print(f"{name}: {figures}")  # noqa: T201 - a command's answer
    if given.json:
        print(json.dumps(measured))  # noqa: T201 - a command's answer
    return 0 if measured["right"] else 1


def measure(folder: Path, size: int) -> dict[str, Any]:
    """All figures, by transport. Megabytes are of 10^6 bytes."""
    small, large = Video.make(folder / "small", SMALL), Video.make(folder / "large", size)
    found: dict[str, Any] = {"bytes": size}
    with StandIns(folder / "far", MAPPINGS, AT) as far:
        for name, (force, code) in FORCES.items():
            found[name] = _carried(folder / name, far, force, code, small, large) | _bare(name, far, force, large)
            found[name] |= _cut(folder / name, far, force, code, large)
    found["right"] = all(figures["flat"] and figures["whole"] and figures["resumed"] for figures in map(found.get, FORCES) if figures)
    return found


def _carried(folder: Path, far: StandIns, force: str, code: str, small: Video, large: Video) -> dict[str, Any]:
    peaks: list[float] = []
    for name, video in (("small", small), ("large", large)):
        submission = _submit(folder / name, code, video)
        said = _pass(folder / name, far.endpoints)
        peaks.append(said["peak_mb"])
        whole = said["delivered"] == 1 and _holds(far, force, submission, video)
    grown = peaks[1] - peaks[0]
    return {
        "picked_up_mb_per_s": round(large.size / 1e6 / said["pick_up_seconds"], 1),
        "delivered_mb_per_s": round(large.size / 1e6 / said["deliver_seconds"], 1),
        "peak_mb_small": peaks[0],
        "peak_mb": peaks[1],
        "flat": grown < FLAT,
        "whole": whole,
    }


def _cut(folder: Path, far: StandIns, force: str, code: str, large: Video) -> dict[str, Any]:
    """The line breaks at half, and the next pass goes on."""
    submission = _submit(folder / "cut", code, large)
    with _line(folder, far, force) as (line, endpoints):
        line.cuts.append(large.size // 2)
        _pass(folder / "cut", endpoints)
        before = sum(line.sent)
        said = _pass(folder / "cut", endpoints)
        again = sum(line.sent) - before
    there = said["delivered"] == 1 and _holds(far, force, submission, large)
    return {"cut_after": before, "sent_again": again, "resumed_bytes": large.size - again, "resumed": there and again < large.size * 0.75}


@contextmanager
def _line(folder: Path, far: StandIns, force: str) -> "Iterator[tuple[Cutting, Path]]":
    """A line to this force's far end, and the endpoints file that leads through it."""
    endpoints = yaml.safe_load(far.endpoints.read_text())
    (settings,) = (route["transport"] for route in endpoints[force].values())
    with Cutting.start(int(settings.get("port") or urlsplit(settings["url"]).port or 0)) as line:
        if "port" in settings:
            settings["port"] = line.port
        for name in settings.keys() & {"url", "acknowledgements"}:
            at = urlsplit(str(settings[name]))
            settings[name] = at._replace(netloc=f"{at.hostname}:{line.port}").geturl() if at.hostname else settings[name]
        path = folder / "endpoints.yaml"
        path.write_text(yaml.safe_dump(endpoints))
        yield line, path


def _submit(home: Path, code: str, video: Video) -> str:
    """Puts a submission with this file into the intake of a hub of its own. Gives its id."""
    submission_id = str(uuid.uuid4())
    beside = home / "intake" / "attachments" / submission_id
    beside.mkdir(parents=True)
    os.link(video.path, beside / "video.mp4")
    attached = {"name": "video.mp4", "mediaType": "video/mp4", "size": video.size, "sha256": video.sha256}
    identity = {"submissionId": submission_id, "customerReferenceNumber": f"SOH-{submission_id[:6].upper()}", "forceIdentifier": code}
    (home / "intake" / "1.json").write_bytes(orjson.dumps(identity | _SUBMISSION | {"attachments": [attached]}))
    return submission_id


def _pass(home: Path, endpoints: Path) -> Mapping[str, Any]:
    """One pass in a process of its own."""
    key = home / "key"
    if not key.exists():  # a pass that resumes reads what the one before it kept
        key.write_text(secrets.token_hex(32))
    environment = {**os.environ, "HUB_HOME": str(home), "HUB_ENDPOINTS": str(endpoints), "HUB_KEYS": f"file:{key}"}
    command = [sys.executable, "-m", "bench.large_pass", AT]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
    said: Mapping[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return said


def _holds(far: StandIns, force: str, submission: str, video: Video) -> bool:
    """Whether the far end holds these bytes, once."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        payloads = [one for held in far.holdings().values() if held.stand.force == force for one in held.payloads]
        mine = [one for one in payloads if f"{submission}.1." in one.key]
        if mine:
            return len(mine) == 1 and mine[0].digest() == video.sha256
        time.sleep(0.2)
    return False


def _bare(name: str, far: StandIns, force: str, video: Video) -> dict[str, float]:
    """The same file to the same far end, by the library alone."""
    (settings,) = (route["transport"] for route in yaml.safe_load(far.endpoints.read_text())[force].values())
    began = time.monotonic()
    (_over_sftp if name == "sftp" else _over_rest)(settings, video)
    return {"bare_mb_per_s": round(video.size / 1e6 / (time.monotonic() - began), 1)}


def _over_sftp(settings: Mapping[str, Any], video: Video) -> None:
    import paramiko

    login = orjson.loads(Path(settings["credentials"].removeprefix("file:")).read_bytes())
    with paramiko.Transport((settings["host"], settings["port"])) as transport:
        transport.connect(username=login["username"], password=login["password"])
        client = paramiko.SFTPClient.from_transport(transport)
        assert client  # noqa: S101 - it was connected in the line above
        client.put(str(video.path), "/in/soh/.bare.part", confirm=False)
        client.remove("/in/soh/.bare.part")


def _over_rest(settings: Mapping[str, Any], video: Video) -> None:
    import httpx

    key = Path(settings["api_key"].removeprefix("file:")).read_text()
    headers = {"X-API-Key": key, "Content-Length": str(video.size)}
    with video.path.open("rb") as body:
        address = f"{settings['url']}/attachments/bare%2F{uuid.uuid4()}"
        httpx.put(address, content=body, headers=headers, timeout=60, trust_env=False).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
