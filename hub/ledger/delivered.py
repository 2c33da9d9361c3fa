"""What was delivered, as a far end can be asked for it: payload by payload, drop by drop."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from sqlalchemy import Connection, Select, select

from hub.contracts import INSIDE, Payload
from hub.forces.force import Endpoint
from hub.ledger.carried import Cargo, cargo
from hub.ledger.ledger import Ledger
from hub.ledger.queue import slices
from hub.ledger.sealed import WITH_BYTES, open_payload
from hub.ledger.tables import acknowledgements, drops, members, of_ids, payloads, reports, submissions
from hub.words import Environment, PayloadKind, PayloadState


@dataclass(frozen=True, slots=True)
class Delivered:
    """A payload that the ledger has as delivered. `acknowledged` where the force has spoken of every report that it carries."""

    payload: Payload
    drop: str
    acknowledged: bool


def drops_delivered(ledger: Ledger, force: str, route: str, day: date | None = None) -> dict[int, Endpoint]:
    """The drops of a route of which anything was delivered, with the endpoint of each; of a day: those with a report picked up on it."""
    d, p, r = drops.c, payloads.c, reports.c
    some = select(p.id).where(p.drop_id == d.id, p.state == PayloadState.DELIVERED).exists()
    query = select(d.id, d.instance, d.environment).where(d.force == force, d.route == route, some).order_by(d.id)
    if day:
        of_day = select(members.c.drop_id).join(reports, r.id == members.c.report_id).where(r.force == force, r.day == day)
        query = query.where(d.id.in_(of_day))
    with ledger.read() as connection:
        return {drop: Endpoint(instance, Environment(environment)) for drop, instance, environment in connection.execute(query)}


def payloads_delivered(ledger: Ledger, drop: int) -> list[Delivered]:
    """The delivered payloads of a drop, without their bytes, in the order in which they left; attachments inside their records apart."""
    p = payloads.c
    columns = (p.id, p.key, p.name, p.kind, p.report_id, p.media_type, p.size, p.digest, p.receipt, drops.c.key.label("drop"))
    query = select(*columns).join(drops, drops.c.id == p.drop_id).where(p.drop_id == drop, p.state == PayloadState.DELIVERED)
    with ledger.read() as connection:
        carried, silent = cargo(ledger, connection, drop), _unacknowledged(connection, drop)
        rows = connection.execute(query.order_by(p.position)).all()
    return [_delivered(ledger, row, carried, silent) for row in rows if row.receipt != INSIDE]


def _unacknowledged(connection: Connection, drop: int) -> set[int]:
    """The ids of the reports of a drop that were delivered and of which the force has said nothing."""
    m = members.c
    heard = select(acknowledgements.c.id).where(acknowledgements.c.report_id == m.report_id).exists()
    query = select(m.report_id).where(m.drop_id == drop, m.outcome == PayloadState.DELIVERED, ~heard)
    return set(connection.scalars(query))


def _delivered(ledger: Ledger, row: Any, carried: Cargo, silent: set[int]) -> Delivered:
    p = row._mapping

    def opened() -> BinaryIO:
        with ledger.read() as connection:
            found = connection.execute(WITH_BYTES.where(payloads.c.id == p["id"])).one()
        return open_payload(ledger, found)

    about = carried.of(p["id"], p["report_id"])
    payload = Payload(p["key"], p["name"], PayloadKind(p["kind"]), p["media_type"], p["size"], p["digest"], opened, *about)
    ids = _ids(carried, p["id"], p["report_id"])
    return Delivered(payload, p["drop"], bool(ids) and not ids & silent)


def _ids(carried: Cargo, payload: int, alone: int | None) -> set[int]:
    if alone is not None:
        return {alone}
    return {report for report, _ in carried.reports.get(payload) or carried.reports.get(None, [])}


def sealed_names(ledger: Ledger, endpoint: Endpoint, names: Collection[str]) -> set[str]:
    """Which of these names the ledger has ever sealed a payload under, for any force that shares the endpoint."""
    with ledger.read() as connection:
        found = _by_what_they_name(connection, endpoint, names)
        return found | _by_name(connection, endpoint, set(names) - found)


def _by_what_they_name(connection: Connection, endpoint: Endpoint, names: Collection[str]) -> set[str]:
    """Names begin with their drop's key, or with the submission that an attachment came with: by these they are found in an index."""
    keys, ids = {".".join(name.split(".")[:5]) for name in names}, {name.partition(".")[0] for name in names}
    with_it = select(members.c.drop_id).join(reports, reports.c.id == members.c.report_id)
    with_it = with_it.join(submissions, submissions.c.id == reports.c.submission_id)
    of_drops = (drops.c.id.in_(select(drops.c.id).where(drops.c.key.in_(some))) for some in slices(sorted(keys)))
    of_reports = (drops.c.id.in_(with_it.where(of_ids(some))) for some in slices(sorted(ids)))
    return {name for these in (*of_drops, *of_reports) for name in connection.scalars(_named_at(endpoint).where(these)) if name in names}


def _by_name(connection: Connection, endpoint: Endpoint, names: Collection[str]) -> set[str]:
    """A format may name its payloads as it likes: then every payload is looked at."""
    query = _named_at(endpoint)
    return {name for some in slices(sorted(names)) for name in connection.scalars(query.where(payloads.c.name.in_(some)))}


def _named_at(endpoint: Endpoint) -> Select[Any]:
    here = (drops.c.instance == endpoint.instance, drops.c.environment == endpoint.environment)
    return select(payloads.c.name).join(drops, drops.c.id == payloads.c.drop_id).where(*here)


def same_size(ledger: Ledger, force: str, route: str, size: int, at_most: int = 20) -> Iterator[Payload]:
    """The newest delivered payloads of a route that have this size: one may be what lies there under another name."""
    d, p = drops.c, payloads.c
    query = select(p.drop_id, p.name).join(drops, d.id == p.drop_id).where(d.force == force, d.route == route, p.size == size)
    with ledger.read() as connection:
        rows = connection.execute(query.where(p.state == PayloadState.DELIVERED).order_by(p.id.desc()).limit(at_most)).all()
    for drop, name in rows:
        yield from (one.payload for one in payloads_delivered(ledger, drop) if one.payload.name == name)
