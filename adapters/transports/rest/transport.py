"""Carries each payload in a request of its own to a REST endpoint: as `docs/delivery.md` has it, or as the profile declares."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from adapters import settings as adapter_settings
from adapters.transports.acknowledgements import Fault, to_be_told
from adapters.transports.capabilities import Capability
from adapters.transports.rest import paging
from adapters.transports.rest.answers import Answer
from adapters.transports.rest.client import Client
from adapters.transports.rest.looking import found, found_attachment
from adapters.transports.rest.meanings import asking_failed, receipt
from adapters.transports.rest.requests import Request, attachment_address, to_find, to_send
from adapters.transports.rest.settings import Settings
from adapters.transports.rest.uploads import begun, send_rest
from adapters.transports.rest.waiting import Wait, alone, together
from hub.contracts import (
    INSIDE,
    STOPS,
    Absent,
    Acknowledgement,
    Became,
    CannotTell,
    DeliveryError,
    Finding,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Spoilt,
    Unavailable,
    Uncertain,
)
from hub.words import PayloadKind


class RestTransport:
    """One client for a route and a pass. `now` is for dates in `Retry-After` alone.

    `faults` are the acknowledgements that could not be read, each once.
    """

    capabilities = frozenset(
        {
            Capability.FINDS,
            Capability.ACKNOWLEDGES,
            Capability.STREAMS,
            Capability.TOGETHER,
            Capability.REFUSES_IN_PART,
            Capability.ENCLOSES,
        }
    )

    def __init__(self, settings: Mapping[str, object], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = adapter_settings.read(Settings, settings, "transport 'rest'")
        self._now = now
        self._client = Client(self._settings, now)
        self.parallel = self._settings.connections
        self.faults: dict[Fault, None] = {}

    def send(self, payload: Payload) -> Receipt:
        """Sends a report or a batch, or an attachment. The far end has persisted it when this returns."""
        return alone(self._sending(payload))

    def send_together(self, payloads: Sequence[Payload], check: Callable[[], None]) -> list[Became | None]:
        """What became of each, as `send` returns or raises it; None where it was not begun. As many requests at once as connections."""

        def begun() -> Iterator[Generator[Wait, None, Became]]:
            for payload in payloads:
                check()
                yield self._telling(payload)

        told = together(begun(), self._settings.connections, lambda became: isinstance(became, STOPS))
        return [*told, *[None] * (len(payloads) - len(told))]

    def _telling(self, payload: Payload) -> Generator[Wait, None, Became]:
        try:
            return (yield from self._sending(payload))
        except (DeliveryError, Misconfigured, Spoilt) as error:
            return error

    def _sending(self, payload: Payload) -> Generator[Wait, None, Receipt]:
        if self._travels_inside(payload):
            return Receipt(payload.key, None, INSIDE)
        request = to_send(self._settings, payload)
        answer = (yield from send_rest(self._client.exchanging, request, payload)) if self._may_be_begun(payload) else None
        answer = answer or (yield from self._client.exchanging(request, Uncertain))
        return receipt(self._settings.answers, answer, payload, self._settings.url, self._now())

    def find(self, payload: Payload) -> Finding:
        """Whether the far end has this payload. An error here says nothing of what was sent before."""
        if self._travels_inside(payload):
            return Absent()  # by itself it never arrives: it is sent with its records, however often
        if payload.kind is PayloadKind.ATTACHMENT:
            return self._find_attachment(payload)
        lookup, answers, now = self._settings.lookup, self._settings.answers, self._now()
        if lookup is None:
            return CannotTell("the far end offers no look-up")
        answer = self._client.exchange(to_find(self._settings, lookup, payload), Unavailable)
        finding = found(lookup, answers, answer, payload, self._settings.url, now)
        if isinstance(finding, Found) and answers.refusals and len(payload.reports) > 1:
            return CannotTell("the far end has the batch, and does not say which of its reports it refused")
        return finding

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        """What the force has said since `cursor`, page by page; each one's `batch` is the cursor to go on from."""
        if self._settings.acknowledgements is None:
            return
        for page in paging.pages(self._page, cursor):
            self.faults |= dict.fromkeys(page.faults)
            yield from page.said

    @property
    def unreadable(self) -> int:
        """How many acknowledgements could not be read: the cursor goes past them."""
        return to_be_told(self.faults)

    def settle(self, batch: str) -> None:
        """Nothing to let go of: the cursor that the ledger keeps is enough."""

    def close(self) -> None:
        """Ends the connections. Never raises."""
        self._client.close()

    def _travels_inside(self, payload: Payload) -> bool:
        return self._settings.multipart is not None and payload.kind is PayloadKind.ATTACHMENT

    def _may_be_begun(self, payload: Payload) -> bool:
        """Whether it is worth asking for a beginning of it that an earlier try brought."""
        attachments = self._settings.attachments
        if payload.kind is not PayloadKind.ATTACHMENT or not attachments or self._settings.lookup is None:
            return False
        return attachments.lookup and payload.size > attachments.resume_over

    def _find_attachment(self, payload: Payload) -> Finding:
        address = attachment_address(self._settings, payload)
        if self._settings.lookup is None or not (self._settings.attachments and self._settings.attachments.lookup):
            return CannotTell("the far end offers no look-up")
        answer = self._client.exchange(Request("HEAD", address), Unavailable)
        if begun(answer) is not None:
            return Absent()  # a beginning alone
        return found_attachment(self._settings.answers, answer, payload, self._settings.url, self._now())

    def _page(self, after: str | None) -> Answer:
        query = f"?after={quote(after, safe='')}" if after else ""
        address = f"{self._settings.acknowledgements}{query}"
        answer = self._client.exchange(Request("GET", address), Unavailable, longest=paging.LONGEST_PAGE)
        if answer.status != 200:
            raise asking_failed(self._settings.answers, answer, str(self._settings.acknowledgements), self._now())
        return answer
