"""The block through which Prefect's automations tell an alarm. It runs in Prefect's server, whose environment has the secrets.

Prefect keeps what a block holds in its database and gives it to whoever asks: this one holds references to secrets alone.
"""

import asyncio
from typing import Any

import stamina
from prefect.blocks.abstract import NotificationBlock, NotificationError
from pydantic import Field

from adapters.messengers.chosen import messenger_of
from hub.contracts import DeliveryError, Messenger, Misconfigured, Told, Unavailable

TYPE = "soh-hub-alarm"


class AlarmMessenger(NotificationBlock):
    """Tells an alarm by mail, or by a webhook, Slack or Teams."""

    _block_type_name = "SOH hub alarm"
    _block_type_slug = TYPE
    _description = "Tells the hub's alarms. Made by `soh-hub alarms install` from the file that HUB_ALARMS names."

    settings: dict[str, Any] = Field(description="An entry of `send` in the alarm file: references to secrets, never a secret.")

    async def notify(self, body: str, subject: str | None = None) -> None:
        """Say it once. Raises NotificationError with what is wrong, which Prefect keeps with the action that failed."""
        try:
            await asyncio.to_thread(_tell, messenger_of(self.settings), Told(subject or "SOH hub", body))
        except (DeliveryError, Misconfigured) as error:
            raise NotificationError(f"{error.code}: {error}") from None


@stamina.retry(on=Unavailable, attempts=3, wait_initial=1.0, wait_max=5.0, timeout=60)
def _tell(messenger: Messenger, told: Told) -> None:
    messenger.tell(told)
