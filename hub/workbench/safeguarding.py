"""What may never be lost on the way to a force: how to contact somebody safely, and who is in danger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from hub.forces.force import Route
from hub.mapping.record import Node
from hub.mapping.run import Unmappable
from hub.reports.model import Report
from hub.reports.services import SERVICES
from hub.workbench.specimens import full

MUST = (  # contacting wrongly, or not knowing of a danger, can cost a life: a live service may leave none of these out
    "people.safe_to_contact",
    "people.safe_contact",
    "safeguarding.immediate_danger",
    "safeguarding.children_present",
    "safeguarding.vulnerable",
    "safeguarding.repeat_victim",
)
SHOULD = ("people.contact_preference", "people.communication_needs", "people.phone", "people.email")


@dataclass(frozen=True, slots=True)
class Gap:
    """A field of safeguarding that does not reach a force with reports of a service."""

    service: str
    field: str

    @property
    def grave(self) -> bool:
        """Whether a live service may not leave it out."""
        return self.field in MUST


def gaps(route: Route, service: str, day: date) -> Iterator[Gap]:
    """What does not reach the force of a report that has everything, found by mapping one."""
    report = _everything(service)
    carried = _carried(route, report, day)
    for field in (*MUST, *SHOULD):
        if _arrives(service, field) and field not in carried:
            yield Gap(service, field)


@cache
def _everything(service: str) -> Report:
    return full(service)


def _arrives(service: str, field: str) -> bool:
    """Whether the field can come with a service at all: one that is not modelled has only its reporter."""
    return SERVICES[service].modelled or field.startswith("people.")


def _carried(route: Route, report: Report, day: date) -> set[str]:
    try:
        record = route.mapping(report.service).apply(report, day)
    except Unmappable:  # a full report that cannot become a record reaches nobody
        return set()
    return set(_origins(record.nodes))


def _origins(nodes: list[Node]) -> Iterator[str]:
    for field, content in nodes:
        if isinstance(content, list):
            yield from _origins(content)
        elif content is not None:
            yield from field.origins
