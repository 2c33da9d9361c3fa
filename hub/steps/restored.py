"""A restored ledger against a far end: what lies there that the ledger does not know of, before anything is sent again.

Three things are asked: each payload that was sealed when the back-up was made is looked up; the folder is listed for drops that were
sealed after it, and these are read; and what the force says of reports is listened to. Where that cannot tell everything (a far end
that lists nothing, takes files away, or holds encrypted ones) the route is `blind`: what may have left by it is in doubt.

Which reports lie in a drop is read from the submission ids in its bytes, whatever its format: certain only where there are exactly as
many as the drop says that it has reports, for a text may name another report.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from hub.clock import Clock
from hub.contracts import CannotTell, DeliveryError, Finding, Format, Found, Listing, Misconfigured, Reading, Transport
from hub.forces.registry import Route
from hub.ledger import confirmations, relearning
from hub.ledger.delivered import sealed_names
from hub.ledger.ledger import Ledger
from hub.ledger.outcomes import Result
from hub.ledger.relearning import Lying, Piece
from hub.words import Lane, PayloadKind, PayloadState

LARGEST = 256 * 1024 * 1024  # bytes of one file that is read
_AT_ONCE = 500  # names
_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = re.compile(r"(?P<lane>urgent|routine)\.(?P<series>[a-z0-9]{1,8})\.(?P<sequence>[0-9]{6,})")
_MANIFEST = "manifest.json"


@dataclass
class Told:
    """What one route's far end turned out to hold. `sealed` are payloads that the ledger had still to send.

    `blind` says why it could not tell everything, `unreachable` (a code) why nothing was compared: the route goes on sending nothing.
    """

    force: str
    route: str
    sealed: int = 0
    drops: int = 0  # of which the ledger knew nothing
    unfinished: int = 0  # drops that were never whole there: their numbers are void
    reports: int = 0  # in those drops, or spoken of by the force
    waiting: int = 0  # of this ledger's reports, that were held or in quarantine
    blind: str | None = None
    unreachable: str | None = None


def compare_restored(ledger: Ledger, route: Route, transport: Transport, format_: Callable[[], Format], clock: Clock) -> Told:
    """Learn what this route's far end holds, and let the route send again. Nothing is changed there.

    Raises LedgerUnavailable. A far end that cannot be asked is `unreachable`, and the route stays as it is.
    """
    told = Told(route.force, route.name)
    try:
        lying, numbers = _lying(told, ledger, route, transport, format_)
        spoken = _spoken_of(ledger, route, transport)
        findings = list(_sealed(ledger, route, transport))
    except (DeliveryError, Misconfigured) as error:
        told.unreachable = error.code
        return told
    by_lane = [Lying(f"{route.force}.{route.name}.{lane}.{ledger.series}.heard", lane, 0, len(ids), (), ids, True) for lane, ids in spoken]
    _look_up(told, ledger, route, findings, clock)
    relearning.enter(ledger, route, [*lying, *by_lane], numbers, clock.now())
    told.reports = len({name for one in (*lying, *by_lane) for name in one.reports if one.certain})
    told.waiting = relearning.end_comparing(ledger, route, clock.now(), blind=told.blind is not None)
    return told


def _sealed(ledger: Ledger, route: Route, transport: Transport) -> Iterator[tuple[int, int, Finding]]:
    """What is to be sent still, drop by drop: is it there already? Drop, payload and the answer."""
    for drop, piece in relearning.sealed_pieces(ledger, route):
        yield drop, piece.id, transport.find(piece.payload)


def _look_up(told: Told, ledger: Ledger, route: Route, findings: Sequence[tuple[int, int, Finding]], clock: Clock) -> None:
    by_drop: dict[int, list[Result]] = defaultdict(list)
    absent: list[int] = []
    for drop, piece, finding in findings:
        if isinstance(finding, Found):
            by_drop[drop].append(Result(piece, PayloadState.DELIVERED, "found", finding.reference))
            told.sealed += 1
        elif isinstance(finding, CannotTell):
            by_drop[drop].append(Result(piece, PayloadState.IN_DOUBT))
        else:
            absent.append(piece)
    relearning.record_findings(ledger, route.force, by_drop, absent, clock.now())


def _lying(
    told: Told, ledger: Ledger, route: Route, transport: Transport, format_: Callable[[], Format]
) -> tuple[list[Lying], dict[Lane, int]]:
    """The drops that lie there whole and that the ledger does not know, and the highest number of each lane that was used."""
    if not (isinstance(transport, Listing) and isinstance(transport, Reading)):
        told.blind = "this transport lists nothing"
        return [], {}
    files = transport.listing()
    if isinstance(files, CannotTell):
        told.blind = files.why
        return [], {}
    sizes = {file.name: file.size for file in files}
    unknown: dict[str, list[str]] = defaultdict(list)
    for name in sorted(_unknown(ledger, route, sizes)):
        if name.startswith(prefix := f"{route.force}.{route.name}.") and _KEY.match(name.removeprefix(prefix)):
            unknown[".".join(name.split(".")[:5])].append(name)
    found: list[Lying] = []
    numbers: dict[Lane, int] = {}
    for key, names in unknown.items():
        lane, sequence = Lane(key.split(".")[2]), int(key.split(".")[4])
        numbers[lane] = max(numbers.get(lane, 0), sequence)
        drop = _read(told, route, transport, format_, key, names, sizes)
        if drop:
            found.append(drop)
    told.drops = len(found)
    return found, numbers


def _unknown(ledger: Ledger, route: Route, sizes: Mapping[str, int | None]) -> Iterator[str]:
    names = list(sizes)
    for start in range(0, len(names), _AT_ONCE):
        some = set(names[start : start + _AT_ONCE])
        yield from some - sealed_names(ledger, route.endpoint, some)


def _read(
    told: Told,
    route: Route,
    transport: Reading,
    format_: Callable[[], Format],
    key: str,
    names: Sequence[str],
    sizes: Mapping[str, int | None],
) -> Lying | None:
    """One drop, with what is in it; None where it is not whole, so that its force has not taken it."""
    lane, sequence = Lane(key.split(".")[2]), int(key.split(".")[4])
    manifest = f"{key}.{_MANIFEST}"
    if not route.drops.manifest:
        bodies = {name: _bytes(transport, name) for name in names}
        count = sum(_count(format_(), body) for body in bodies.values() if body)
        pieces = [_piece(name, PayloadKind.RECORDS, body, sizes) for name, body in bodies.items()]
    else:
        said = _manifest(_bytes(transport, manifest)) if manifest in names else None
        if said is None or not {str(line["name"]) for line in said["payloads"]} <= sizes.keys():
            told.unfinished += 1
            return None
        bodies = {str(line["name"]): _bytes(transport, str(line["name"])) for line in said["payloads"]}
        count = int(said["reports"])
        pieces = [
            *(Piece(a["name"], PayloadKind.ATTACHMENT, a["bytes"], a["sha256"], a["submission_id"]) for a in said["attachments"]),
            *(Piece(p["name"], PayloadKind.RECORDS, p["bytes"], p["sha256"]) for p in said["payloads"]),
            _piece(manifest, PayloadKind.MANIFEST, _bytes(transport, manifest), sizes),
        ]
    ids = {found.decode() for body in bodies.values() for found in _ID.findall(body or b"")}
    certain = len(ids) == count
    if len(ids) < count:
        told.blind = "it holds drops that the hub cannot read"
    return Lying(key, lane, sequence, count, tuple(pieces), frozenset(ids), certain)


def _bytes(transport: Reading, name: str) -> bytes | None:
    body = transport.read(name, LARGEST)
    return None if isinstance(body, CannotTell) else body


def _piece(name: str, kind: PayloadKind, body: bytes | None, sizes: Mapping[str, int | None]) -> Piece:
    import hashlib

    return Piece(name, kind, len(body) if body is not None else sizes.get(name) or 0, hashlib.sha256(body or b"").hexdigest())


def _count(format_: Format, body: bytes) -> int:
    try:
        return format_.count(body)
    except Exception:
        return 1 << 30  # nobody knows: more than any ids that are in it


def _manifest(body: bytes | None) -> Any:
    """What a manifest says; None where it is none of ours."""
    try:
        said = orjson.loads(body or b"")
        return said if isinstance(said["reports"], int) and said["payloads"] is not None and said["attachments"] is not None else None
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _spoken_of(ledger: Ledger, route: Route, transport: Transport) -> list[tuple[Lane, frozenset[str]]]:
    """The submissions that the force has spoken of and that this ledger never had an answer about. Nothing is let go of there."""
    name = f"{route.force}/{route.name}/acknowledgements"
    ids = {said.submission_id for said in transport.acknowledgements(confirmations.cursor(ledger, name))}
    new = frozenset(relearning.never_sent(ledger, route, ids))
    return [(Lane.ROUTINE, new)] if new else []
