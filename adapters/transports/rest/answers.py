"""What an answer of a REST endpoint means: its status decides, by the table in `docs/delivery.md`."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

from adapters.transports.acknowledgements import is_plain
from hub.contracts import (
    Absent,
    CannotTell,
    DeliveryError,
    Finding,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Refused,
    Unavailable,
    Uncertain,
)

LONGEST_WAIT = 24 * 3600.0  # seconds: a longer Retry-After is cut to this

_MISCONFIGURED = {401, 403, 404, 405}
_UNAVAILABLE = {429, 503}
_UNCERTAIN = {408}
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, headers in lower case, and its body, None where it was longer than is read."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def json(self) -> object:
        """The body as JSON; None where it is anything else."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            return None


def receipt(answer: Answer, key: str, where: str, now: datetime) -> Receipt:
    """The far end has it: that is what this answer says, or else the error that it means is raised."""
    if answer.status == 409:
        return Receipt(key, reference(answer), "duplicate")
    if answer.status not in (200, 201):
        raise failure(answer, where, now)
    if not _is_api(answer):
        why = "with a page of another kind: something in between may have answered"
        raise Uncertain("not-the-api", f"{where} answered {answer.status} {why}")
    return Receipt(key, reference(answer), f"http-{answer.status}")


def _is_api(answer: Answer) -> bool:
    """Whether this can be the API's own answer: JSON, or nothing at all. A page of another kind may be a proxy's."""
    return answer.body == b"" or not answer.media_type or bool(_JSON.fullmatch(answer.media_type))


def failure(answer: Answer, where: str, now: datetime) -> DeliveryError | Misconfigured:
    """The error that a status means."""
    status, code = answer.status, f"http-{answer.status}"
    if status in _UNAVAILABLE:
        return Unavailable(code, f"{where} answered {status}", retry_after=retry_after(answer, now))
    if status in _MISCONFIGURED or 300 <= status < 400:
        return Misconfigured(code, f"{where} answered {status}: check the address, the API key and the certificate with the force")
    if status == 400 and answer.media_type == "text/html":  # nginx says so to who shows no certificate, or one that has expired
        why = "with a page that is not the API's: a gateway stopped us; check `client_certificate` and the address with the force"
        return Misconfigured("not-the-api", f"{where} answered 400 {why}")
    if 400 <= status < 500 and status not in _UNCERTAIN:
        theirs = error_code(answer) or code
        return Refused(theirs, f"{where} refused it: {theirs}")
    return Uncertain(code, f"{where} answered {status}")


def asking_failed(answer: Answer, where: str, now: datetime) -> Unavailable | Misconfigured:
    """The error that a status means where nothing was sent and we only asked."""
    error = failure(answer, where, now)
    if isinstance(error, Misconfigured | Unavailable):
        return error
    return Unavailable(error.code, f"{where} answered a question with {answer.status}")


def found(answer: Answer, payload: Payload, where: str, now: datetime) -> Finding:
    """What the look-up of a report says. Only the API's own `not-found` means absent: a proxy has a 404 too."""
    if answer.status == 404 and error_code(answer) == "not-found":
        return Absent()
    return _held(answer, payload, where, now)


def found_attachment(answer: Answer, payload: Payload, where: str, now: datetime) -> Finding:
    """What the look-up of an attachment says. A `HEAD` has no body for a code; but to send it again does no harm."""
    if answer.media_type == "text/html":
        return CannotTell("a page of another kind came back")
    return Absent() if answer.status == 404 else _held(answer, payload, where, now)


def _held(answer: Answer, payload: Payload, where: str, now: datetime) -> Finding:
    if answer.status == 200 and _is_api(answer):
        digest = answer.headers.get("content-digest")
        is_other = digest is not None and digest.replace(" ", "") != content_digest(payload)
        return CannotTell("the far end holds other bytes under this key") if is_other else Found(reference(answer))
    error = failure(answer, where, now)
    if isinstance(error, Unavailable) or answer.status in (401, 403) or error.code == "not-the-api":
        raise error
    if answer.status >= 500 and answer.status != 501:
        raise Unavailable(f"http-{answer.status}", f"{where} answered a look-up with {answer.status}")
    return CannotTell(f"the far end answered the look-up with {answer.status}")


def content_digest(payload: Payload) -> str:
    """The payload's digest as a header has it (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(payload.digest)).decode()}:"


def reference(answer: Answer) -> str | None:
    """The force's own reference, where the answer gives one that can be stored."""
    match answer.json():
        case {"data": {"id": str(text)}} if is_plain(text):
            return text
        case {"data": {"id": int(number)}} if not isinstance(number, bool):
            return str(number)
    return None


def error_code(answer: Answer) -> str | None:
    """The far end's own code for an error, never its text, which may repeat the report."""
    match answer.json():
        case {"errors": [{"code": str(code)}, *_]} if _CODE.fullmatch(code):
            return code
    return None


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds that the far end asks us to wait (RFC 9110, 10.2.3: a number, or a date); None where it does not say."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)
