"""Attachments that go on where a cut broke them off, as `docs/delivery.md` has it, after draft-ietf-httpbis-resumable-upload.

Nothing is remembered between two tries, so that the attachment's own address stands for the upload: where the far end has a
beginning of it, it answers the look-up with `204`, `Upload-Complete: ?0` and `Upload-Offset`, and takes the rest by `PATCH`.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from adapters.transports.rest.answers import Answer, content_digest
from adapters.transports.rest.bodies import opened
from adapters.transports.rest.border import Otherwise
from adapters.transports.rest.requests import Body, Request
from adapters.transports.rest.waiting import Wait
from hub.contracts import Payload, Unavailable, Uncertain

Exchange = Callable[[Request, Otherwise], Generator[Wait, None, Answer]]

_CHUNK = 1024 * 1024
_TRY_ANEW = range(400, 429)  # the rest was not taken: a refusal of the rest is no refusal of the whole


def begun(answer: Answer) -> int | None:
    """How many bytes of an attachment the far end has, by its answer to the look-up; None where it does not speak of a beginning."""
    offset = answer.headers.get("upload-offset", "").strip()
    if answer.status not in (200, 204) or answer.headers.get("upload-complete", "").strip() != "?0":
        return None
    return int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 16 else None


def send_rest(exchange: Exchange, whole: Request, payload: Payload) -> Generator[Wait, None, Answer | None]:
    """The answer to the rest of a payload; None where the far end has no beginning of it, or does not take the rest: send it whole."""
    offset = begun((yield from exchange(Request("HEAD", whole.url, _of_the_route(whole)), Unavailable)))
    if not offset or offset > payload.size:
        return None
    answer = yield from exchange(_rest(whole, payload, offset), Uncertain)
    return None if answer.status in _TRY_ANEW and answer.status not in (401, 403, 408) else answer


def _rest(whole: Request, payload: Payload, offset: int) -> Request:
    left = payload.size - offset
    headers = {name: value for name, value in whole.headers.items() if name != "Content-Digest"} | {
        "Content-Type": "application/partial-upload",
        "Content-Length": str(left),
        "Repr-Digest": content_digest(payload),
        "Upload-Offset": str(offset),
        "Upload-Complete": "?1",
    }
    return Request("PATCH", whole.url, headers, left, lambda: _from(payload, offset))


def _of_the_route(whole: Request) -> dict[str, str]:
    """The headers that are the same for every request of the route."""
    about = ("Content-Type", "Content-Length", "Content-Digest")
    return {name: value for name, value in whole.headers.items() if name not in about}


@contextmanager
def _from(payload: Payload, offset: int) -> Iterator[Body]:
    """The bytes from there on. Those before are read too: the hub's own copy is held against what was sealed as a whole."""
    with opened(payload) as body:
        while offset and (skipped := body.read(min(offset, _CHUNK))):
            offset -= len(skipped)
        yield body
