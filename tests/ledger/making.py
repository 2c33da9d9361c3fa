"""Made-up arrivals, drops and answers, and what a ledger says of them: as much as a test of the ledger needs."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, Table, select, update

from hub.contracts import Acknowledgement
from hub.forces.registry import Registry, Route
from hub.ledger.account import account
from hub.ledger.arrivals import Arrival, Kept, record
from hub.ledger.cells import of_attachment, of_body, of_notice, of_payload, opened_cell, vouched
from hub.ledger.deliveries import Attempt, OpenDrop, Piece, begin_attempt, open_drops, pieces
from hub.ledger.drops import Filled, Member, Sealing, header_for, seal
from hub.ledger.lanes import Claim, claim_lane
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Opened, claim, opened
from hub.ledger.sealed import WITH_BYTES
from hub.ledger.store import Stored
from hub.ledger.tables import lanes, payloads, reports
from hub.words import Lane, PayloadKind, State
from tests.forces.conftest import DATA

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DAY = date(2026, 11, 22)
T = TypeVar("T")
XML, JPEG = "application/xml", "image/jpeg"


@cache
def a_route(force: str = "kent") -> Route:
    """A force's records system, from the registry's own tests."""
    route = Registry.load(DATA / "mappings").forces[force].primary_on(DAY)
    assert route is not None
    return route


def submission_id(number: int) -> str:
    return f"0f3c0000-0000-4000-8000-{number:012d}"


def stored(body: bytes) -> Stored:
    return Stored(len(body), hashlib.sha256(body).hexdigest(), body=body)


def an_arrival(number: int, **others: Any) -> Arrival:
    """Submission `number` as it is picked up for Kent, ready to go on; `others` says what is different."""
    plain: dict[str, Any] = {
        "arrival": f"{number}.json",
        "source": "folder",
        "name": f"{number}.json",
        "body": stored(b"submission %d" % number),
        "force": "kent",
        "service": "crime",
        "state": State.WAITING,
        "submission_id": submission_id(number),
    }
    return Arrival(**plain | others)


def waiting(ledger: Ledger, *numbers: int, **others: Any) -> list[int]:
    """These submissions wait. Returns their report ids."""
    record(ledger, [an_arrival(number, **others) for number in numbers], AT)
    return [row["id"] for row in rows(ledger, reports)][-len(numbers) :]


def taken(ledger: Ledger, limit: int) -> list[Opened]:
    """Reports that this ledger's worker claims, with their bytes."""
    return opened(ledger, claim(ledger, limit))


def a_file(number: int, body: bytes = b"jpeg") -> Kept:
    digest = hashlib.sha256(body).hexdigest()
    return Kept(number, JPEG, Stored(len(body), digest, uri=f"kent/{digest[:2]}/{digest}"))


def sealed(ledger: Ledger, members: Sequence[int], pieces_: Sequence[Sealing], lane: Lane = Lane.ROUTINE, force: str = "kent") -> int:
    """A drop of these reports and pieces. Returns its id."""
    route = a_route(force)
    return seal(ledger, route, [Filled(header_for(ledger, route, lane, AT), pieces_, [Member(report) for report in members])])[0]


def a_piece(key: str) -> Sealing:
    """Records that all of a drop's reports share."""
    return Sealing(key, f"{key}.xml", PayloadKind.RECORDS, XML, stored(key.encode()))


def own(ledger: Ledger, ids: Sequence[int], attachments: Mapping[int, int] | None = None, *, lane: Lane = Lane.ROUTINE) -> int:
    """A drop in which each report has a payload of its own, and so many attachments by its id."""
    key = header_for(ledger, a_route(), lane, AT).key
    files = _files(key, attachments or {})
    parts = [Sealing(f"{key}/{i}", f"{i}.json", PayloadKind.RECORDS, "application/json", stored(b"%d" % i), (i,)) for i in ids]
    return sealed(ledger, ids, [*files, *parts], lane)


def shared(
    ledger: Ledger, ids: Sequence[int], attachments: Mapping[int, int] | None = None, *, tables: int = 1, lane: Lane = Lane.ROUTINE
) -> int:
    """A drop whose payloads carry all its reports: tables and a manifest."""
    key = header_for(ledger, a_route(), lane, AT).key
    parts = [Sealing(f"{key}.{n}", f"{key}.{n}.csv", PayloadKind.RECORDS, "text/csv", stored(b"table %d" % n)) for n in range(tables)]
    last = Sealing(f"{key}.manifest", f"{key}.manifest.json", PayloadKind.MANIFEST, "application/json", stored(b"manifest"))
    return sealed(ledger, ids, [*_files(key, attachments or {}), *parts, last], lane)


def _files(key: str, attachments: Mapping[int, int]) -> list[Sealing]:
    return [
        Sealing(f"{key}/{report}.{n}", f"{report}.{n}.jpg", PayloadKind.ATTACHMENT, JPEG, stored(b"file"), (report,), str(report))
        for report, count in attachments.items()
        for n in range(1, count + 1)
    ]


def claimed(ledger: Ledger, lane: Lane = Lane.ROUTINE) -> Claim:
    claim = claim_lane(ledger, "kent", "records-system", lane)
    assert claim is not None
    return claim


def begun(ledger: Ledger, claim: Claim) -> tuple[OpenDrop, Attempt, list[Piece]]:
    """An attempt at the lane's first drop, with everything that is left of it."""
    drop = open_drops(ledger, claim)[0]
    left = pieces(ledger, drop)
    return drop, begin_attempt(ledger, claim, drop, left), left


def said(number: int, identity: str | None = None, *, accepted: bool = True, **others: Any) -> Acknowledgement:
    """What Kent says of submission `number`."""
    plain: dict[str, Any] = {
        "identity": identity or f"a.ack.json:{number}",
        "submission_id": submission_id(number),
        "accepted": accepted,
        "their_reference": f"KENT-{number}" if accepted else None,
        "reason": None if accepted else "not-our-area",
        "at": AT,
        "batch": "a.ack.json",
    }
    return Acknowledgement(**plain | others)


def lapse(ledger: Ledger) -> None:
    """Every lease ends, as after a long time in which its worker did not speak."""
    past = AT.replace(year=2000)
    with ledger.write() as connection:
        for table in (lanes, reports):
            connection.execute(update(table).where(table.c.lease_until.is_not(None)).values(lease_until=past))


def rows(ledger: Ledger, table: Table) -> list[dict[str, Any]]:
    """Everything in a table, in order."""
    return _all(ledger, select(table).order_by(*table.primary_key.columns))


def with_bytes(ledger: Ledger) -> list[dict[str, Any]]:
    """Everything in `payloads`, in order, each with where its bytes lie."""
    return _all(ledger, WITH_BYTES.order_by(payloads.c.id))


def _all(ledger: Ledger, query: Select[Any]) -> list[dict[str, Any]]:
    with ledger.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


_PLACES: dict[str, Callable[[Any], str]] = {
    "bodies": lambda row: of_body(row.submission_id, row.version, vouched(row)),
    "attachments": lambda row: of_attachment(row.submission_id, row.number),
    "payloads": lambda row: of_payload(row.key),
    "notices": lambda row: of_notice(row.key),
}


def kept(ledger: Ledger, table: Table) -> list[bytes]:
    """The bytes that the rows of a table keep, in order."""
    query = WITH_BYTES if table is payloads else select(table)
    with ledger.read() as connection:
        found = connection.execute(query.order_by(*table.primary_key.columns)).all()
    cells = [opened_cell(ledger.vault, row, _PLACES[table.name](row)) for row in found]
    return [ledger.store.read(cell.body, cell.uri, cell.secret) for cell in cells]


def states(ledger: Ledger) -> list[str]:
    """Where each report stands, with its code, in the order in which they came."""
    return [" ".join(filter(None, (row["state"], row["code"]))) for row in rows(ledger, reports)]


def balanced(ledger: Ledger) -> bool:
    return account(ledger).balanced


def all_at_once(work: Callable[[T], object], items: Iterable[T]) -> None:
    """Each item in a thread of its own. What fails in one fails the test."""
    items = list(items)
    with ThreadPoolExecutor(len(items)) as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()
