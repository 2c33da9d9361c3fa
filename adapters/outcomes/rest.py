"""Outcomes over REST: a `POST` of each notice to the platform's URL (`docs/outcomes.md`), by the transport that forces are reached with."""

import io
from collections.abc import Mapping

from pydantic import BaseModel

from adapters import settings as adapter_settings
from adapters.secrets import Reference
from adapters.settings import STRICT, File
from adapters.transports.rest.settings import Timeouts, Url
from adapters.transports.rest.transport import RestTransport
from hub.contracts import Notice, Payload, Uncertain
from hub.words import PayloadKind

MEDIA_TYPE = "application/x-ndjson"
_TAKEN_TOO = ("http-202", "http-204")  # a force must say 200 or 201; the platform may use any of these


class Settings(BaseModel):
    """Where the platform takes notices, and who we are there; each as in a force's file."""

    model_config = STRICT

    url: Url
    api_key: Reference | None = None
    headers: dict[str, str] = {}
    timeouts: Timeouts = Timeouts()
    ca: File | None = None
    client_certificate: File | None = None
    client_key: File | None = None


class RestPlatform:
    """The platform's endpoint. `Idempotency-Key` and `Content-Digest` make it safe to say the same again."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        given = adapter_settings.read(Settings, settings, "platform 'rest'")
        self._transport = RestTransport(given.model_dump(exclude_unset=True))

    def tell(self, notice: Notice) -> None:
        """POSTs the notice; 2xx and 409 say that the platform has it."""
        try:
            self._transport.send(_payload(notice))
        except Uncertain as error:
            if error.code not in _TAKEN_TOO:
                raise

    def close(self) -> None:
        """Ends the connection. Never raises."""
        self._transport.close()


def _payload(notice: Notice) -> Payload:
    def opened() -> io.BytesIO:
        return io.BytesIO(notice.body)

    return Payload(notice.key, notice.key, PayloadKind.RECORDS, MEDIA_TYPE, len(notice.body), notice.digest, opened)
