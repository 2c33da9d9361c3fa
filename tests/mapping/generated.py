"""Reports as the sandbox makes them up, read as the hub reads them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from hub.reports.model import Report
from hub.reports.reader import read
from sandbox.sample import incidents
from sandbox.sample.making import Making
from sandbox.sample.plan import Standing

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
_FORCES = {"kent": "46", "metropolitan": "01", "gwent": "61", "norfolk": "36"}


def reports(number: int, *services: str, seed: int = 7) -> list[Report]:
    """This many clean reports of these services, for four forces, one of them Welsh; the same every time."""
    return [read(body).report for body in islice(submissions(2 * number + 100, *services, seed=seed), number)]


def submissions(total: int, *services: str, seed: int = 7) -> Iterator[bytes]:
    """The bytes of those that are accepted in the end, of so many in all."""
    forces = {slug: Standing(slug, code, slug == "gwent", frozenset(services), {}, rest=False) for slug, code in _FORCES.items()}
    for made in Making(seed, AT, incidents.read(incidents.EXTRACT), forces).submissions(total):
        if made.fate.outcome == "accepted":
            yield made.body
