"""Submissions from the platform's feed over REST (`docs/submissions.md`), from where the ledger's bookmark says.

The feed lists what was submitted, in order; each entry has an id of its own and says where the submission and its attachments
are. The bookmark is the last entry up to which the ledger has everything for good: after a crash what came later is read
again, and known by its entry's id.
"""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, BinaryIO
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, Field

from adapters import settings as adapter_settings
from adapters.secrets import Reference
from adapters.settings import STRICT, File
from adapters.transports.acknowledgements import is_plain
from adapters.transports.rest import settings as endpoint
from adapters.transports.rest.addresses import Url
from adapters.transports.rest.answers import Answer
from adapters.transports.rest.authentication import Authentication, NoAuthentication
from adapters.transports.rest.client import Client
from adapters.transports.rest.requests import Request, with_query
from hub.contracts import Bookmark, DeliveryError, Misconfigured, SourceUnavailable, Submission, Unavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LONGEST_PAGE = 8 * 1024 * 1024  # bytes
PIECE = 8 * 1024 * 1024  # bytes of a large file that are asked for at once
LONGEST_ID = 200  # characters
MOST_PAGES = 10_000  # of one pass: a feed that never ends is left for the next one
_GONE = (404, 410)
_NOT_WELL = (401, 429, 503)  # the platform, not one submission


class Settings(BaseModel):
    """Where the feed is, who we are there, and how large one submission may be."""

    model_config = STRICT

    url: Url
    auth: Authentication = NoAuthentication(name="none")
    api_key: Reference | None = None  # short for `auth: {name: api-key, header: X-API-Key, key: …}`
    largest: Annotated[int, Field(gt=0)] = 5_000_000  # bytes of one submission
    timeouts: endpoint.Timeouts = endpoint.Timeouts()
    ca: File | None = None
    client_certificate: File | None = None
    client_key: File | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the feed, its addresses resolved."""

    id: str
    submission: str
    attachments: Mapping[str, str]  # address by name


class RestSource:
    """A feed as a source. Used by one thread. `bookmark` outlives this object; without one every pass reads from the beginning."""

    def __init__(self, settings: Mapping[str, object], bookmark: Bookmark | None = None) -> None:
        self._settings = adapter_settings.read(Settings, settings, "source 'rest'")
        given = self._settings.model_dump(exclude_unset=True, exclude={"largest"})
        self._client = Client(adapter_settings.read(endpoint.Settings, given, "source 'rest'"), lambda: datetime.now(UTC))
        self._bookmark = bookmark
        self._open: dict[str, bool] = {}  # entries that were handed out, in order: whether the ledger has them
        at = urlsplit(self._settings.url)
        self.name = at.hostname or "rest"
        self._feed = f"{at.netloc}{at.path}#"  # entries of two feeds may have the same ids
        self._marked = (
            f"{hashlib.sha256(self._feed.encode()).hexdigest()[:16]}#"  # so that the bookmark of one is never taken for another's
        )

    def submissions(self) -> Iterator[Submission]:
        """Every submission after the bookmark, in the feed's order. Raises SourceUnavailable."""
        self._open.clear()
        after = self._bookmarked()
        for _ in range(MOST_PAGES):
            entries = self._page(after)
            for entry in entries:
                yield self._submission(entry)
            if not entries:
                return
            if after == entries[-1].id:
                raise self._unavailable("the feed gives the same page again: it must begin after `after`")
            after = entries[-1].id

    def settle(self, submissions: Sequence[Submission]) -> None:
        """Moves the bookmark to the last entry up to which everything is settled."""
        for each in submissions:
            if each.arrival in self._open:
                self._open[each.arrival] = True
        last = None
        while self._open and self._open[first := next(iter(self._open))]:
            del self._open[first]
            last = first
        if last is not None and self._bookmark:
            self._bookmark.write(self._marked + last.removeprefix(self._feed))

    def close(self) -> None:
        """Ends the connections. Never raises."""
        self._client.close()

    def _bookmarked(self) -> str | None:
        """The entry up to which the ledger has everything of this feed; None where it has begun with no entry of it."""
        value = self._bookmark.read() if self._bookmark else None
        return value.removeprefix(self._marked) if value and value.startswith(self._marked) else None

    def _page(self, after: str | None) -> list[_Entry]:
        url = self._settings.url if after is None else with_query(self._settings.url, {"after": after})
        answer = self._asked(url, LONGEST_PAGE)
        found = answer.json() if answer.status == 200 else None
        match found:
            case {"data": list(items)}:
                return [self._entry(item) for item in items]
        raise self._unavailable(f"the feed answered {answer.status}, with something other than the published JSON")

    def _entry(self, item: object) -> _Entry:
        match item:
            case {"id": str(name), "submission": str(address), **rest} if is_plain(name) and 0 < len(name) <= LONGEST_ID:
                beside = rest.get("attachments") or {}
                if isinstance(beside, dict) and all(isinstance(each, str) for each in beside.values()):
                    return _Entry(name, self._at(address), {name: self._at(each) for name, each in beside.items()})
        raise self._unavailable("an entry of the feed is not as published: {id, submission, attachments}")

    def _at(self, address: str) -> str:
        """An address that the feed gives: relative to it, and never on another host, which would be shown our credentials."""
        try:
            resolved = urljoin(self._settings.url, address)
            stays = urlsplit(resolved)[:2] == urlsplit(self._settings.url)[:2]
        except ValueError:  # half an address of IPv6
            raise self._unavailable("an entry of the feed has no address") from None
        if not stays:
            raise self._unavailable("an entry of the feed points to another host")
        return resolved

    def _submission(self, entry: _Entry) -> Submission:
        """What the entry points to; where nothing is there any more, nothing is what the ledger gets, and a person asks why."""
        arrival = f"{self._feed}{entry.id}"
        self._open[arrival] = False
        answer = self._asked(entry.submission, self._settings.largest)
        if answer.status == 200 and answer.body is None:
            return Submission(self.name, entry.id, arrival, b"", oversize=partial(self._opened, entry.submission))
        if answer.status in _NOT_WELL:
            raise self._unavailable(f"a submission could not be had: {answer.status}")
        if answer.status not in (200, *_GONE):  # that one alone: the bookmark does not pass it, and the others go on
            return Submission(self.name, entry.id, arrival, b"", fault="not-readable")
        openers = {name: partial(self._opened, address) for name, address in entry.attachments.items()}
        return Submission(self.name, entry.id, arrival, answer.body or b"" if answer.status == 200 else b"", openers)

    def _opened(self, address: str) -> BinaryIO:
        """A file, in pieces. Raises FileNotFoundError where it is gone, and SourceUnavailable."""
        return io.BufferedReader(_Pieces(lambda begin: self._piece(address, begin)))

    def _piece(self, address: str, begin: int) -> tuple[bytes, bool]:
        """Some bytes from there on, and whether they are the last."""
        answer = self._asked(address, PIECE, {"Range": f"bytes={begin}-{begin + PIECE - 1}"})
        if answer.status in _GONE:
            raise FileNotFoundError
        if answer.status == 416:  # exactly at the end
            return b"", True
        if answer.body is None or answer.status not in (200, 206) or (answer.status == 200 and begin):
            raise self._unavailable(f"a large file could not be had in pieces: {answer.status}")
        total = answer.headers.get("content-range", "").rpartition("/")[2]
        end = begin + len(answer.body)
        return answer.body, answer.status == 200 or (total.isascii() and total.isdigit() and len(total) < 19 and end >= int(total))

    def _asked(self, url: str, longest: int, headers: Mapping[str, str] | None = None) -> Answer:
        try:
            return self._client.exchange(Request("GET", url, headers or {}), Unavailable, longest)
        except (DeliveryError, Misconfigured) as error:
            raise self._unavailable(error.code) from None

    def _unavailable(self, why: str) -> SourceUnavailable:
        return SourceUnavailable(f"the feed at {self.name} cannot be read: {why}; nothing was let go")


class _Pieces(io.RawIOBase):
    """A file that is asked for piece by piece, so that one of any size takes the memory of one piece."""

    def __init__(self, ask: Callable[[int], tuple[bytes, bool]]) -> None:
        self._ask = ask
        self._asked = 0
        self._piece, self._is_last = ask(0)  # what is not there is not opened
        self._asked += len(self._piece)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        while not self._piece and not self._is_last:
            self._piece, self._is_last = self._ask(self._asked)
            self._asked += len(self._piece)
            self._is_last = self._is_last or not self._piece
        chunk, self._piece = self._piece[: len(view)], self._piece[len(view) :]
        view[: len(chunk)] = chunk
        return len(chunk)
