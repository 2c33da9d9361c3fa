"""Made-up forces for the tests of the stand-ins, and clients that send them what the hub would."""

import base64
import hashlib
import io
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson
import paramiko
import yaml

from sandbox.holdings import HeldReport
from sandbox.stand_ins import StandIns
from sandbox.stands import Place, Stand

PLACE = Place("Occurrence/Source/@submissionId", "Occurrence/Source/Reference")
JSON_PLACE = Place("data/id", "data/attributes/reference")
XML_DROPS = Stand("kent", "records-system", "kent", "niche-style", "sftp", "xml", (PLACE,))
NEIGHBOUR = Stand("sussex", "records-system", "surrey-sussex", "niche-style", "sftp", "xml", (PLACE,))
JSON_POSTS = Stand("lancashire", "records-system", "lancashire", "connect-style", "rest", "json", (JSON_PLACE,))
XML_POSTS = Stand("cumbria", "records-system", "cumbria", "mark43-style", "rest", "xml", (PLACE,))
SOMEBODY = "0f8fad5b-d9cb-469f-a165-70867728950e"  # for parameters of tests, which must be the same in every process
STANDS = [XML_DROPS, NEIGHBOUR, JSON_POSTS, XML_POSTS]


def identity() -> str:
    return str(uuid.uuid4())


def occurrence(submission_id: str, reference: str) -> bytes:
    source = f'<Source submissionId="{submission_id}"><Reference>{reference}</Reference></Source>'
    return f"<Occurrence>{source}<Text>OFFICIAL\nŵŷ, “dau”</Text></Occurrence>".encode()


def xml_drop(*reports: tuple[str, str]) -> bytes:
    return b'<Drop xmlns="urn:test">' + b"".join(occurrence(*report) for report in reports) + b"</Drop>"


def json_report(submission_id: str, reference: str) -> bytes:
    return orjson.dumps({"data": {"id": submission_id, "attributes": {"reference": reference, "text": "OFFICIAL\nŵŷ"}}})


def manifest(stand: Stand, key: str, records: dict[str, bytes], reports: int, attachments: dict[str, bytes] | None = None) -> bytes:
    """A manifest as docs/delivery.md has it."""
    return orjson.dumps({
        "drop": key, "force": stand.force, "route": stand.route, "lane": "routine", "series": "k7q2", "sequence": int(key[-6:]),
        "sealed_at": "2026-11-22T06:00:00Z", "reports": reports, "voided": [],
        "payloads": [{"name": name, "kind": "records", **measure(body)} for name, body in records.items()],
        "attachments": [{"name": name, "submission_id": name[:36], **measure(body)} for name, body in (attachments or {}).items()],
    })  # fmt: skip


def measure(body: bytes) -> dict[str, Any]:
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def reached(stand_ins: StandIns, stand: Stand) -> dict[str, Any]:
    """What the endpoints file tells the hub of a stand."""
    settings: dict[str, Any] = _read(stand_ins.endpoints.read_text())[stand.force][stand.route]["transport"]
    return dict(settings)


@cache
def _read(endpoints: str) -> dict[str, Any]:
    """Hundreds of tests ask for the same file."""
    found: dict[str, Any] = yaml.safe_load(endpoints)
    return found


def secret(reference: str) -> str:
    return Path(reference.removeprefix("file:")).read_text()


class Account:
    """A client of one SFTP stand-in: paramiko with the pinned host key."""

    def __init__(self, stand_ins: StandIns, stand: Stand, password: str | None = None) -> None:
        at = reached(stand_ins, stand)
        login = orjson.loads(secret(at["credentials"]))
        kind, key = at["host_key"].split()
        self.client = paramiko.SSHClient()
        self.client.get_host_keys().add(f"[{at['host']}]:{at['port']}", kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        self.client.connect(
            at["host"], at["port"], login["username"], password or login["password"], look_for_keys=False, allow_agent=False
        )
        self.sftp = self.client.open_sftp()

    def put(self, name: str, body: bytes) -> None:
        part = f"/in/soh/.{name}.part"
        self.sftp.putfo(io.BytesIO(body), part)
        self.sftp.posix_rename(part, f"/in/soh/{name}")

    def send(self, stand: Stand, number: int, *reports: tuple[str, str]) -> str:
        """Sends a whole drop; gives its key."""
        key = f"{stand.force}.{stand.route}.routine.k7q2.{number:06}"
        body = xml_drop(*reports)
        self.put(f"{key}.xml", body)
        self.put(f"{key}.manifest.json", manifest(stand, key, {f"{key}.xml": body}, len(reports)))
        return key

    def __enter__(self) -> "Account":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


class Poster:
    """A client of one REST stand-in: httpx with the API key."""

    def __init__(self, stand_ins: StandIns, stand: Stand) -> None:
        at = reached(stand_ins, stand)
        self.url, self.acknowledgements_url = at["url"], at["acknowledgements"]
        self.client = httpx.Client(headers={"X-API-Key": secret(at["api_key"])}, timeout=10)

    def post(self, key: str, body: bytes, **headers: str) -> httpx.Response:
        agreed = {"Idempotency-Key": key, "Content-Digest": content_digest(body)}
        return self.client.post(self.url, content=body, headers={**agreed, **headers})

    def look_up(self, key: str) -> httpx.Response:
        return self.client.get(f"{self.url}/{percent(key)}")

    def attachment(self, method: str, key: str, body: bytes | None = None) -> httpx.Response:
        return self.client.request(method, f"{self.url}/attachments/{percent(key)}", content=body)

    def acknowledgements(self, after: str | None = None) -> dict[str, Any]:
        page: dict[str, Any] = self.client.get(self.acknowledgements_url, params={"after": after} if after else None).json()
        return page

    def __enter__(self) -> "Poster":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


def content_digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def percent(key: str) -> str:
    return key.replace("/", "%2F")


def outcomes(reports: Sequence[HeldReport]) -> list[tuple[str, str, bool]]:
    return [(report.submission_id, report.reference, report.accepted) for report in reports]
