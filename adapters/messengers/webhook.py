"""An alarm by a POST of JSON: to Slack, to Teams, or to anything else that takes a webhook."""

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel

from adapters import settings as adapter_settings
from adapters.secrets import Reference, reveal
from adapters.settings import STRICT, File, is_loopback
from adapters.transports.rest.border import border
from hub.contracts import Misconfigured, Told, Unavailable, Uncertain

_ANSWER = 20.0  # seconds
_LATER = (408, 425, 429)  # said for now, not for ever


class Settings(BaseModel):
    """Where to: a reference, for whoever knows the address of a webhook may post to it."""

    model_config = STRICT

    url: Reference
    ca: File | None = None


def _plain(told: Told) -> dict[str, object]:
    return {"subject": told.subject, "text": told.text}


def _slack(told: Told) -> dict[str, object]:
    """An incoming webhook's message. `<`, `>` and `&` are Slack's own, and nobody is to be called by an alarm's text."""
    bold = f"*{told.subject}*\n{told.text}"
    return {"text": bold.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _teams(told: Told) -> dict[str, object]:
    """An adaptive card, as Teams' workflows take it ("when a webhook request is received")."""
    lines = [{"type": "TextBlock", "text": line, "wrap": True, "spacing": "Small"} for line in told.text.splitlines() if line]
    body = [{"type": "TextBlock", "text": told.subject, "weight": "Bolder", "size": "Medium", "wrap": True}, *lines]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
    return {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}]}


SHAPES: dict[str, Callable[[Told], dict[str, object]]] = {"webhook": _plain, "slack": _slack, "teams": _teams}


class WebhookMessenger:
    """One POST, whose answer must be 2xx. It follows no redirect, and no proxy of the environment."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._name = str(settings["name"])
        self._settings = adapter_settings.read(Settings, settings, f"messenger '{self._name}'")

    def tell(self, told: Told) -> None:
        """Posts it. Raises DeliveryError and Misconfigured; neither repeats the address."""
        where, url = f"the {self._name} of {self._settings.url}", reveal(self._settings.url).get_secret_value()
        _hold_to_safe(url, where)
        with border(where, Uncertain):
            answer = httpx.post(
                url, json=SHAPES[self._name](told), timeout=_ANSWER, verify=self._tls(), follow_redirects=False, trust_env=False
            )
        if answer.status_code in _LATER or answer.status_code >= 500:
            raise Unavailable(f"http-{answer.status_code}", f"{where} answered {answer.status_code}: not now")
        if not answer.is_success:
            raise Misconfigured(f"http-{answer.status_code}", f"{where} answered {answer.status_code}: see whether the address still holds")

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._settings.ca)
        except (OSError, ValueError) as error:
            raise Misconfigured("bad-certificate", f"`ca` cannot be read, or is no PEM file ({type(error).__name__})") from None


def _hold_to_safe(url: str, where: str) -> None:
    try:
        parts = urlsplit(url)
        safe = bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")))
    except ValueError:
        safe = False
    if not safe:
        raise Misconfigured("bad-address", f"{where} is not reached by https://host/path (http:// for loopback alone)")
