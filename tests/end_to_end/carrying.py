"""One pass of the hub's own steps over real adapters, without the orchestrator; and what the stand-ins then hold of it."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select

from flows.wiring import Hub
from hub.ledger.cells import of_attachment, of_body, opened_cell, vouched
from hub.ledger.fates import Standing, fates
from hub.ledger.ledger import Ledger
from hub.ledger.standing import routes_to_confirm, routes_with_work
from hub.ledger.tables import attachments, bodies, submissions
from hub.steps.confirm import Confirmation, confirm
from hub.steps.deliver import Delivered, deliver
from hub.steps.pick_up import PickedUp, pick_up
from hub.steps.prepare import Prepared, prepare
from sandbox.holdings import Held
from sandbox.stand_ins import StandIns

SIDE_BY_SIDE = 4  # forces delivered to at once
PATIENCE = 20.0  # seconds that the far ends have for their acknowledgements

Place = tuple[str, str]  # force, route


@dataclass
class Carried:
    """What each step of one pass did."""

    picked_up: PickedUp = field(default_factory=PickedUp)
    prepared: Prepared = field(default_factory=Prepared)
    delivered: Mapping[Place, Delivered] = field(default_factory=dict)
    confirmed: Mapping[Place, Confirmation] = field(default_factory=dict)


def carry(hub: Hub, intake: Path | None = None, *, settle_seconds: float = 0, patience: float = PATIENCE) -> Carried:
    """Pick up, prepare, deliver and confirm; acknowledgements are waited for until all have come or patience is at its end."""
    done = Carried()
    if intake:
        done.picked_up = pick_up(hub.ledger, hub.source_of(intake, settle_seconds), hub.registry, hub.clock)
    done.prepared = prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    done.delivered = deliver_all(hub)
    done.confirmed = confirm_all(hub, patience)
    return done


def deliver_all(hub: Hub) -> dict[Place, Delivered]:
    """Every route's sealed drops go to its far end, some forces side by side."""

    def one(place: Place) -> Delivered:
        route = hub.route(*place)
        assert route, place
        return deliver(hub.ledger, route, hub.transport_of(route), hub.clock)

    places = sorted(routes_with_work(hub.ledger))
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip(places, pool.map(one, places), strict=True))


def confirm_all(hub: Hub, patience: float = PATIENCE) -> dict[Place, Confirmation]:
    """What the forces say is taken in until nothing is open; the last look at each counts."""
    told: dict[Place, Confirmation] = {}
    end = time.monotonic() + patience
    while open_ := sorted(routes_to_confirm(hub.ledger)):
        for place in open_:
            route = hub.route(*place)
            assert route, place
            told[place] = confirm(hub.ledger, route, hub.transport_of(route), hub.clock)
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return told


def held_of(stand_ins: StandIns, ledger: Ledger) -> dict[Place, Held]:
    """What the stand-ins hold from this ledger: its series stands in every drop's key, so that tests can share the stand-ins."""
    return {place: _of(one, f".{ledger.series}.") for place, one in stand_ins.holdings().items()}


def _of(held: Held, series: str) -> Held:
    reports = tuple(report for report in held.reports if series in report.payload)
    ids = {report.submission_id for report in reports}  # over SFTP an attachment is named after its submission alone
    return replace(
        held,
        reports=reports,
        payloads=tuple(one for one in held.payloads if series in one.key or one.key[:36] in ids),
        refusals=tuple(one for one in held.refusals if series in one.key or one.key[:36] in ids),
        untaken=tuple(name for name in held.untaken if series in name or name[:36] in ids),
    )


def by_name(ledger: Ledger) -> dict[str, Standing]:
    """Every arrival by what its source called it."""
    return {one.name: one for one in fates(ledger)}


def outcomes(ledger: Ledger) -> dict[str, tuple[str, str | None]]:
    """State and code of every arrival by its name."""
    return {one.name: (one.state, one.code) for one in fates(ledger)}


def body_of(ledger: Ledger, name: str) -> bytes:
    """The bytes that the ledger keeps of an arrival."""
    query = select(bodies).join(submissions, submissions.c.id == bodies.c.submission_id)
    with ledger.read() as connection:
        row = connection.execute(query.where(submissions.c.name == name)).one()
    kept = opened_cell(ledger.vault, row, of_body(row.submission_id, row.version, vouched(row)))
    return ledger.store.read(kept.body, kept.uri, kept.secret)


def attachments_of(ledger: Ledger, name: str) -> list[tuple[int, str, bytes]]:
    """Number, media type and bytes of what the ledger keeps beside an arrival."""
    a = attachments.c
    query = select(attachments).join(submissions, submissions.c.id == a.submission_id)
    with ledger.read() as connection:
        found = connection.execute(query.where(submissions.c.name == name).order_by(a.number)).all()
    kept = [opened_cell(ledger.vault, row, of_attachment(row.submission_id, row.number)) for row in found]
    return [(row.number, row.media_type, ledger.store.read(None, one.uri, one.secret)) for row, one in zip(found, kept, strict=True)]


def holders(held: Mapping[Place, Held]) -> dict[str, list[str]]:
    """Who holds each report: a force that holds it twice is named twice."""
    found: dict[str, list[str]] = {}
    for (force, _), one in sorted(held.items()):
        for report in one.reports:
            found.setdefault(report.submission_id, []).append(force)
    return found
