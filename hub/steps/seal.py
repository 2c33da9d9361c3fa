"""Seal: records of one route and lane become drops whose members, number, bytes and digests are fixed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.contracts import DropHeader, Encoded, Encryption, Format, Unencodable
from hub.forces.registry import Route
from hub.ledger.arrivals import Kept
from hub.ledger.changes import Author, Move
from hub.ledger.drops import Filled, Member, Sealing, following, header_for, seal
from hub.ledger.errors import Overtaken
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Claimed, move, still_claimed
from hub.reports.attachments import attachment_name
from hub.steps.encrypt import encrypt_attachments, encrypt_records
from hub.steps.manifest import MEDIA_TYPE, manifest
from hub.steps.ready import Ready
from hub.words import Lane, PayloadKind, State

AT_ONCE, MOST = 2_000, 16  # reports whose drops are written in one commit, and drops: others wait meanwhile for the lane, or for the ledger
_TRIES = 5  # another worker may seal into the same lane at the same moment


@dataclass
class Sealed:
    """What was sealed, and what the schema would not have, by code."""

    reports: int = 0
    drops: int = 0
    codes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Into:
    """The lane that is sealed into, and how."""

    ledger: Ledger
    route: Route
    lane: Lane
    format: Format
    at: datetime
    encryption: Encryption | None


def seal_drops(
    ledger: Ledger, route: Route, lane: Lane, format_: Format, ready: Sequence[Ready], at: datetime, encryption: Encryption | None = None
) -> Sealed:
    """Seal these reports into drops of the route's size, in their order. What cannot be encoded goes to quarantine alone."""
    into, done = _Into(ledger, route, lane, format_, at, encryption), Sealed()
    ready = sorted(ready, key=lambda each: each.claimed.report_id)  # as they lie in a payload: a far end may refuse number 3 of it
    at_once = route.drops.at_most * min(MOST, max(1, AT_ONCE // route.drops.at_most))
    for start in range(0, len(ready), at_once):
        some, spoilt = encrypt_attachments(ledger, encryption, ready[start : start + at_once])
        if spoilt:
            _set_aside(into, spoilt, done)
        _seal(into, some, done)
    return done


def _seal(into: _Into, ready: Sequence[Ready], done: Sealed) -> None:
    for _ in range(_TRIES):
        filled, ready = _filled(into, ready, done)
        if not filled:
            return
        try:
            done.drops += len(seal(into.ledger, into.route, filled))
        except Overtaken:
            ours = still_claimed(into.ledger, [each.claimed.report_id for each in ready])
            ready = [each for each in ready if each.claimed.report_id in ours]
            continue
        done.reports += len(ready)
        return
    lane = f"{into.route.force} {into.route.name} {into.lane}"
    raise Overtaken(f"{lane}: other workers keep sealing into this lane; the reports wait for the next pass")


def _filled(into: _Into, ready: Sequence[Ready], done: Sealed) -> tuple[list[Filled], list[Ready]]:
    """The lane's next drops with these reports, and those of them that could be encoded."""
    header, size = header_for(into.ledger, into.route, into.lane, into.at), into.route.drops.at_most
    filled, inside = list[Filled](), list[Ready]()
    for start in range(0, len(ready), size):
        some, encoded = _encode(into, header, ready[start : start + size], done)
        if some:
            pieces = pieces_of(into.ledger, into.route, header, some, encoded, into.encryption)
            filled.append(Filled(header, pieces, [Member(each.claimed.report_id, each.record.signals) for each in some]))
            inside += some
            header = following(header)
    return filled, inside


def _encode(into: _Into, header: DropHeader, ready: Sequence[Ready], done: Sealed) -> tuple[Sequence[Ready], list[Encoded]]:
    """The bytes of those that can be encoded; the others go to quarantine."""
    while ready:
        try:
            encoded = list(into.format.encode([each.record for each in ready], header))
            if not (reasons := _left_out(ready, encoded)):
                return ready, encoded
        except Unencodable as fault:
            told = {index: (code, where) for index, code, where in fault.faults if index < len(ready)}
            reasons = told or _all(ready, "schema-invalid", "")
        except Exception as defect:
            reasons = _defective(into.format, header, ready) or _all(ready, _DEFECT, type(defect).__name__)
        _set_aside(into, [(ready[i].claimed, *reasons[i]) for i in sorted(reasons)], done)
        ready = [each for index, each in enumerate(ready) if index not in reasons]
    return [], []


_DEFECT = "hub-defect"


def _left_out(ready: Sequence[Ready], encoded: Sequence[Encoded]) -> dict[int, tuple[str, str]]:
    """Records that no payload carries: a format that lost one must not make it look delivered."""
    carried = {index for each in encoded for index in each.members}
    return {index: (_DEFECT, "not encoded") for index in range(len(ready)) if index not in carried}


def _all(ready: Sequence[Ready], code: str, where: str) -> dict[int, tuple[str, str]]:
    return dict.fromkeys(range(len(ready)), (code, where))


def _defective(format_: Format, header: DropHeader, ready: Sequence[Ready]) -> dict[int, tuple[str, str]]:
    """Which of these the format breaks on by itself: they must not hold up the others."""
    found: dict[int, tuple[str, str]] = {}
    for index, each in enumerate(ready):
        try:
            list(format_.encode([each.record], header))
        except Unencodable:
            continue  # told with the others, once the defective ones are gone
        except Exception as defect:
            found[index] = (_DEFECT, type(defect).__name__)
    return found


def _set_aside(into: _Into, faults: Sequence[tuple[Claimed, str, str]], done: Sealed) -> None:
    moves = [Move(claimed.report_id, State.WAITING, State.QUARANTINED, code=code, where=where) for claimed, code, where in faults]
    move(into.ledger, Author("seal", into.at), {into.route.force: moves})
    done.codes.update(code for _, code, _ in faults)


def pieces_of(
    ledger: Ledger,
    route: Route,
    header: DropHeader,
    ready: Sequence[Ready],
    encoded: Sequence[Encoded],
    encryption: Encryption | None = None,
) -> list[Sealing]:
    """Everything that leaves with this drop, in the order in which it leaves. A manifest names what lies there, and is not encrypted."""
    pieces = _attachments(header, ready, encryption) if route.drops.attachments == "files" else []
    shared = route.drops.manifest or _overlap(encoded)
    for each in encrypt_records(encryption, encoded):
        reports = () if shared else tuple(ready[index].claimed.report_id for index in each.members)
        stored = ledger.store.put(route.force, each.body)
        pieces.append(Sealing(each.key, each.name, PayloadKind.RECORDS, each.media_type, stored, reports))
    if route.drops.manifest:
        body = manifest(header, len(ready), pieces)
        name = f"{header.key}.manifest.json"
        pieces.append(Sealing(name, name, PayloadKind.MANIFEST, MEDIA_TYPE, ledger.store.put(route.force, body)))
    return pieces


def _overlap(encoded: Sequence[Encoded]) -> bool:
    """Whether a report lies in more than one payload, so that it is delivered only with the last of them."""
    counted = Counter(index for each in encoded for index in each.members)
    return any(n > 1 for n in counted.values())


def _attachments(header: DropHeader, ready: Sequence[Ready], encryption: Encryption | None) -> list[Sealing]:
    return [_attachment(header, each, kept, encryption) for each in ready for kept in each.claimed.attachments]


def _attachment(header: DropHeader, ready: Ready, kept: Kept, encryption: Encryption | None) -> Sealing:
    """Under the name that the record gives it; encrypted, with one more ending."""
    name = attachment_name(ready.record.key, kept.number, kept.media_type) + (encryption.suffix if encryption else "")
    media_type = encryption.media_type if encryption else kept.media_type
    reports = (ready.claimed.report_id,)
    return Sealing(f"{header.key}/{name}", name, PayloadKind.ATTACHMENT, media_type, kept.stored, reports, ready.record.key)
