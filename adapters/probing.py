"""A harmless probe of a far end: can it be reached, is it the right one, does it let us in, and take something from us.

Nothing that looks like a report is sent: the probe is a small text that says what it is, under a key that no drop can
have. What each step found is said as it was; what could not be found out is said too.
"""

import base64
import hashlib
import io
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from adapters.described import settings_model
from adapters.registry import TRANSPORT
from hub.contracts import Absent, CannotTell, DeliveryError, Finding, Found, Misconfigured, Payload, Receipt, Refused, Transport
from hub.words import PayloadKind

TEXT = b"A probe by the integration hub of the Single Online Home. It holds no report: delete it at will.\n"
PASSED, NOTED, FAILED = "passed", "noted", "failed"

_SECONDS = 10.0
_IDENTITY = {"host-key-differs", "certificate-not-trusted", "tls-refused", "bad-certificate", "no-common-algorithm"}
_CREDENTIALS = {"no-credentials", "bad-credentials", "authentication-refused", "http-401", "http-403"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a probe tried: `result` is `passed`, `noted` or `failed`."""

    name: str
    result: str
    said: str


@runtime_checkable
class Retracts(Protocol):
    """A transport that can take back what it sent."""

    def retract(self, payload: Payload) -> bool:
        """Whether the payload is gone from the far end now. Raises only DeliveryError and Misconfigured."""
        ...


def nil_payload(token: str) -> Payload:
    """What a probe sends; `token` makes its name one that the far end cannot have."""
    name = f"soh-hub-probe.{token}.txt"
    return Payload(
        key=f"soh-hub-probe/{token}",
        name=name,
        kind=PayloadKind.ATTACHMENT,
        media_type="text/plain",
        size=len(TEXT),
        digest=hashlib.sha256(TEXT).hexdigest(),
        open=lambda: io.BytesIO(TEXT),
    )


def probe(transport: Transport, settings: Mapping[str, object], token: str) -> Iterator[Step]:
    """Every step until one fails. `settings` are the route's own, with their `name`."""
    reachable = _reach(settings)
    if reachable:
        yield reachable
    if not (reachable and reachable.result == FAILED):
        yield from _enter(transport, settings, nil_payload(token))


def _reach(settings: Mapping[str, object]) -> Step | None:
    """Whether something listens there; None where the settings name no host."""
    address = _address(settings)
    if address is None:
        return None
    try:
        socket.create_connection(address, timeout=_SECONDS).close()
    except OSError as error:
        return Step("reachable", FAILED, f"{address[0]} port {address[1]}: {error.strerror or type(error).__name__}")
    return Step("reachable", PASSED, f"{address[0]} port {address[1]} answers")


def _address(settings: Mapping[str, object]) -> tuple[str, int] | None:
    if url := settings.get("url"):
        parts = urlsplit(str(url))
        return (parts.hostname, parts.port or (80 if parts.scheme == "http" else 443)) if parts.hostname else None
    host, port = settings.get("host"), settings.get("port") or _usual_port(settings)
    return (str(host), int(str(port))) if host and str(port).isdigit() else None


def _usual_port(settings: Mapping[str, object]) -> object:
    """The port that the transport takes where a route names none."""
    model = settings_model(TRANSPORT, str(settings["name"])) if settings.get("host") else None
    return model.model_fields["port"].default if model and "port" in model.model_fields else None


def _enter(transport: Transport, settings: Mapping[str, object], payload: Payload) -> Iterator[Step]:
    """Looks up and sends, and only then says that we were let in: what no far end answered proves nothing."""
    try:
        finding = transport.find(payload)
    except (DeliveryError, Misconfigured) as error:
        yield from _stopped(error, settings, "look-up")
        return
    try:
        sent: Receipt | Refused = transport.send(payload)
    except Refused as refused:
        sent = refused
    except (DeliveryError, Misconfigured) as error:
        yield from _stopped(error, settings, "probe")
        return
    yield _identified(settings)
    yield Step("credentials", PASSED, "accepted")
    yield _looked_up(finding)
    if isinstance(sent, Refused):
        yield Step("probe", NOTED, f"refused ({sent.code}): it reads what we send, and takes no file of this kind")
        return
    yield Step("probe", PASSED, f"taken ({sent.detail or 'without a word'}), {len(TEXT)} bytes as {payload.name}")
    yield from _afterwards(transport, payload)


def _afterwards(transport: Transport, payload: Payload) -> Iterator[Step]:
    try:
        yield _seen_again(transport.find(payload))
        yield _removed(transport, payload)
    except (DeliveryError, Misconfigured) as error:
        yield Step("afterwards", FAILED, str(error))


def _stopped(error: DeliveryError | Misconfigured, settings: Mapping[str, object], at: str) -> Iterator[Step]:
    if error.code in _IDENTITY:
        yield Step("identity", FAILED, str(error))
    elif error.code in _CREDENTIALS:
        if error.code not in ("no-credentials", "bad-credentials"):  # these are found before anything is connected
            yield _identified(settings)
        yield Step("credentials", FAILED, str(error))
    else:
        yield Step(at, FAILED, f"{error} ({error.code})")


def _identified(settings: Mapping[str, object]) -> Step:
    if key := settings.get("host_key"):
        return Step("identity", PASSED, f"the host key is the pinned one, {_fingerprint(str(key))}")
    if str(settings.get("url", "")).startswith("http:") or settings.get("tls") == "none":
        return Step("identity", NOTED, "without TLS, on this machine alone")
    return Step("identity", PASSED, "the certificate is trusted")


def _fingerprint(host_key: str) -> str:
    """As `ssh-keygen -l` shows it."""
    digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _looked_up(finding: Finding) -> Step:
    if isinstance(finding, Found):
        return Step("look-up", FAILED, "claims to have a key that was never sent: a lost drop would pass for delivered")
    if isinstance(finding, CannotTell):
        return Step("look-up", NOTED, f"cannot tell: {finding.why}; what is uncertain will be in doubt")
    return Step("look-up", PASSED, "a key that was never sent is absent")


def _seen_again(finding: Finding) -> Step:
    if isinstance(finding, Absent):
        return Step("seen again", FAILED, "took the probe and says that it is absent: set `collects`, or ask the force")
    if isinstance(finding, CannotTell):
        return Step("seen again", NOTED, f"cannot tell: {finding.why}")
    return Step("seen again", PASSED, "the probe is there, whole")


def _removed(transport: Transport, payload: Payload) -> Step:
    if not isinstance(transport, Retracts):
        return Step("removed", NOTED, f"this transport cannot take anything back: the probe stays there, as {payload.key}")
    if transport.retract(payload):
        return Step("removed", PASSED, "the probe is gone again")
    return Step("removed", NOTED, f"the far end lets us remove nothing: {payload.name} stays there, and may be deleted")
