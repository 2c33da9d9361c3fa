"""A payload as a message: identifiers alone outside, everything else within the envelope."""

import hashlib
from base64 import b64encode
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from adapters.transports.email.envelope import Envelope
from adapters.transports.email.settings import Settings
from hub.contracts import Payload
from hub.words import PayloadKind

_UNFOLDED = SMTP.clone(max_line_length=998)  # the far end's filters read identifiers as they are; RFC 5321 allows no longer line
_SUBJECT = {PayloadKind.RECORDS: "SOH reports", PayloadKind.ATTACHMENT: "SOH attachment", PayloadKind.MANIFEST: "SOH manifest"}
_CODED_TWICE = (78 / 57) ** 2  # how base64 in lines that end with CRLF grows, within the envelope and without
_HEADERS = 8_192  # bytes, more than both sets of headers, certificates' names and keys take


def message_id(key: str) -> str:
    """The same for the same payload for ever, so that a mail system can file a repeat only once."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()}@soh-hub.invalid>"


def at_most(size: int) -> int:
    """Bytes of a message whose payload has so many: a bound, known before it is read."""
    return int(size * _CODED_TWICE) + _HEADERS


def compose(payload: Payload, body: bytes, settings: Settings, envelope: Envelope | None, now: datetime) -> bytes:
    """The whole message as it goes over the wire: lines that end with CRLF, none longer than SMTP allows. Raises Misconfigured."""
    message = _attached(payload, body)
    if envelope:
        message = _enveloped(envelope.seal(message.as_bytes(policy=_UNFOLDED), now))
    message["Message-ID"] = message_id(payload.key)
    message["Date"] = format_datetime(now)
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    message["Subject"] = f"{_SUBJECT[payload.kind]} {payload.key}"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    return message.as_bytes(policy=_UNFOLDED)


def _attached(payload: Payload, body: bytes) -> EmailMessage:
    """The entity that the envelope holds: the payload as a file, with the digest that it was sealed with."""
    kind, _, subtype = payload.media_type.partition(";")[0].partition("/")
    entity = EmailMessage(policy=SMTP)
    entity.set_content(body, kind, subtype or "octet-stream", disposition="attachment", filename=payload.name)
    entity["Content-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(payload.digest)).decode()}:"
    return entity


def _enveloped(sealed: bytes) -> EmailMessage:
    """RFC 8551, 3.3."""
    message = EmailMessage(policy=SMTP)
    message.set_content(sealed, "application", "pkcs7-mime", disposition="attachment", filename="smime.p7m")
    message.set_param("smime-type", "enveloped-data")
    message.set_param("name", "smime.p7m")
    return message
