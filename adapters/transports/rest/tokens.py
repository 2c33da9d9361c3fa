"""Tokens of OAuth 2, client credentials (RFC 6749, 4.4): asked for when needed, kept until they expire, shared by all threads.

A library for OAuth brings flows with browsers, sessions and a client of its own; what is needed here is one POST, over the same
client, border and limits as every other request (`docs/decisions/0006-our-own-oauth-client-credentials.md`).
"""

import base64
import threading
import time
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from urllib.parse import quote, urlencode

from adapters.transports.rest.answers import Answer, retry_after
from adapters.transports.rest.authentication import ClientCredentials, Signature, user_and_password
from adapters.transports.rest.declared import as_code
from adapters.transports.rest.requests import Request
from adapters.transports.rest.templates import is_header_text
from hub.contracts import Misconfigured, Unavailable

EARLY = 30.0  # seconds before it expires a token is no longer used
LONGEST_LIFE = 24 * 3600.0  # seconds: also of a token that says nothing of its end, which is used until it is refused
_FORM = "application/x-www-form-urlencoded"


class Tokens:
    """Signs with a token. `ask` sends one request, with nothing of ours added."""

    def __init__(self, client: ClientCredentials, ask: Callable[[Request], Answer], now: Callable[[], datetime]) -> None:
        self._client = client
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._signature: Signature | None = None
        self._until = 0.0

    def signature(self) -> Signature:
        with self._lock:
            if self._signature is None or time.monotonic() >= self._until:
                self._signature, self._until = self._fetched()
            return self._signature

    def renew(self, refused: Signature) -> bool:
        """The token is forgotten, if no other thread has put a new one in its place. One that is refused at once, is refused."""
        with self._lock:
            if self._signature is refused:
                self._signature = None
        return True

    def _fetched(self) -> tuple[Signature, float]:
        answer = self._ask(_request(self._client))
        match answer.json() if answer.status == 200 else None:
            case {"access_token": str(token), **rest} if token and is_header_text(token) and " " not in token:
                return Signature({"Authorization": f"Bearer {token}"}), time.monotonic() + _life(rest.get("expires_in"))
        raise self._refused(answer)

    def _refused(self, answer: Answer) -> Unavailable | Misconfigured:
        where, status = self._client.token_url, answer.status
        if status in (408, 429) or status >= 500:
            return Unavailable(f"token-http-{status}", f"{where} answered {status}", retry_after=retry_after(answer, self._now()))
        match answer.json():
            case {"error": str(text)} if code := as_code(text):  # RFC 6749, 5.2: invalid_client, invalid_scope …
                return Misconfigured("token-refused", f"{where} gives no token ({code}): check `credentials` and `scope` with the force")
        return Misconfigured("token-refused", f"{where} answered {status} without a token: check `auth` with the force")


def _request(client: ClientCredentials) -> Request:
    username, password = user_and_password(client.credentials)
    form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {}), **client.parameters}
    headers = {"Content-Type": _FORM, "Accept": "application/json"}
    if client.secret_in == "body":  # noqa: S105 - a place, no secret
        form |= {"client_id": username, "client_secret": password}
    else:  # RFC 6749, 2.3.1: each is form-encoded before they are joined
        joined = f"{quote(username, safe='')}:{quote(password, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(joined.encode()).decode()}"
    body = urlencode(form).encode()
    return Request("POST", client.token_url, headers | {"Content-Length": str(len(body))}, size=len(body), opened=lambda: BytesIO(body))


def _life(expires_in: object) -> float:
    """Seconds for which a token is used; some servers write the number as a text."""
    text = str(expires_in)
    seconds = float(text) if text.isascii() and text.isdigit() and len(text) < 10 else LONGEST_LIFE
    return max(min(seconds, LONGEST_LIFE) - EARLY, min(seconds, EARLY) / 2)
