"""The messenger that an entry of the alarm file describes."""

from collections.abc import Callable, Mapping
from typing import Any

from adapters.messengers.email import EmailMessenger
from adapters.messengers.webhook import SHAPES, WebhookMessenger
from adapters.settings import nearest
from hub.contracts import Messenger, Misconfigured

_MESSENGERS: dict[str, Callable[[Mapping[str, object]], Messenger]] = {"email": EmailMessenger} | dict.fromkeys(SHAPES, WebhookMessenger)


def messenger_of(settings: Mapping[str, Any]) -> Messenger:
    """The messenger of these settings, whose `name` is `email`, `webhook`, `slack` or `teams`. Raises Misconfigured."""
    name = str(settings.get("name", ""))
    if name not in _MESSENGERS:
        raise Misconfigured("unknown-messenger", f"no messenger is called '{name}'{nearest(name, _MESSENGERS)} ({', '.join(_MESSENGERS)})")
    return _MESSENGERS[name](settings)
