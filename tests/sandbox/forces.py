"""Made-up forces for the tests of the stand-ins, and what the hub would send them."""

import base64
import hashlib
import io
import uuid
from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import paramiko
import yaml

from sandbox.stand_ins import StandIns
from sandbox.stands import Place, Stand

PLACE = Place("Occurrence/Source/@submissionId", "Occurrence/Source/Reference")
XML_DROPS = Stand("kent", "records-system", "kent", "niche-style", "sftp", "xml", (PLACE,))
NEIGHBOUR = Stand("sussex", "records-system", "surrey-sussex", "niche-style", "sftp", "xml", (PLACE,))
JSON_POSTS = Stand("lancashire", "records-system", "lancashire", "connect-style", "rest", "json", (Place("data/id", "data/attributes/reference"),))
XML_POSTS = Stand("cumbria", "records-system", "cumbria", "mark43-style", "rest", "xml", (PLACE,))
STANDS = [XML_DROPS, NEIGHBOUR, JSON_POSTS, XML_POSTS]


def identity() -> str:
    return str(uuid.uuid4())


def occurrence(submission_id: str, reference: str) -> str:
    source = f'<Source submissionId="{submission_id}"><Reference>{reference}</Reference></Source>'
    return f"<Occurrence>{source}<Text>OFFICIAL\nŵŷ, “dau”</Text></Occurrence>"


def xml_drop(*reports: tuple[str, str]) -> bytes:
    return f'<Drop xmlns="urn:test">{"".join(occurrence(*report) for report in reports)}</Drop>'.encode()


def json_report(submission_id: str, reference: str) -> bytes:
    return orjson.dumps({"data": {"id": submission_id, "attributes": {"reference": reference, "text": "OFFICIAL\nŵŷ"}}})


def manifest(stand: Stand, key: str, records: dict[str, bytes], reports: int, attachments: dict[str, bytes] | None = None) -> bytes:
    """A manifest as docs/delivery.md has it."""
    return orjson.dumps({
        "drop": key, "force": stand.force, "route": stand.route, "lane": "routine", "sequence": int(key[-6:]),
        "sealed_at": "2026-11-22T06:00:00Z", "reports": reports, "voided": [],
        "payloads": [{"name": name, "kind": "records", **measure(body)} for name, body in records.items()],
        "attachments": [{"name": name, "submission_id": identity(), **measure(body)} for name, body in (attachments or {}).items()],
    })  # fmt: skip


def measure(body: bytes) -> dict[str, Any]:
    return {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def reached(stand_ins: StandIns, stand: Stand) -> dict[str, Any]:
    """What the endpoints file tells the hub of a stand."""
    settings: dict[str, Any] = yaml.safe_load(stand_ins.endpoints.read_text())[stand.force][stand.route]["transport"]
    return settings


def secret(reference: str) -> str:
    with open(reference.removeprefix("file:"), encoding="utf-8") as file:
        return file.read()


class Account:
    """A hub's own SFTP client for one stand, with paramiko and the pinned host key."""

    def __init__(self, stand_ins: StandIns, stand: Stand, password: str | None = None) -> None:
        at = reached(stand_ins, stand)
        login = orjson.loads(secret(at["credentials"]))
        client = paramiko.SSHClient()
        kind, key = at["host_key"].split()
        client.get_host_keys().add(f"[{at['host']}]:{at['port']}", kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
        client.connect(at["host"], at["port"], login["username"], password or login["password"], look_for_keys=False, allow_agent=False)
        self.client = client
        self.sftp = client.open_sftp()

    def put(self, name: str, body: bytes) -> None:
        part = f"/in/soh/.{name}.part"
        self.sftp.putfo(io.BytesIO(body), part)
        self.sftp.posix_rename(part, f"/in/soh/{name}")

    def send(self, stand: Stand, number: int, *reports: tuple[str, str]) -> str:
        """A whole drop; gives its key."""
        key = f"{stand.force}.{stand.route}.routine.{number:06}"
        body = xml_drop(*reports)
        self.put(f"{key}.xml", body)
        self.put(f"{key}.manifest.json", manifest(stand, key, {f"{key}.xml": body}, len(reports)))
        return key

    def __enter__(self) -> "Account":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()


class Poster:
    """A hub's own REST client for one stand, with httpx."""

    def __init__(self, stand_ins: StandIns, stand: Stand) -> None:
        at = reached(stand_ins, stand)
        self.url, self.acknowledgements_url = at["url"], at["acknowledgements"]
        self.client = httpx.Client(headers={"X-API-Key": secret(at["api_key"])}, timeout=10)

    def post(self, key: str, body: bytes, **headers: str) -> httpx.Response:
        return self.client.post(self.url, content=body, headers={"Idempotency-Key": key, "Content-Digest": content_digest(body), **headers})

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


def outcomes(reports: Sequence[Any]) -> list[tuple[str, str, bool]]:
    return [(report.submission_id, report.reference, report.accepted) for report in reports]
