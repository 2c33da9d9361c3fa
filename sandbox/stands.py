"""A stand: what one force runs for one of its routes, as the stand-ins know it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

HABITS = {
    "collects": "SFTP: takes every file away the instant it has its name",
    "no-overwrite": "SFTP: what is in the inbox can be neither replaced nor removed",
    "no-listing": "SFTP: the inbox cannot be listed",
    "no-stat": "SFTP: nobody may ask about a file",
    "no-posix-rename": "SFTP: only the plain rename, which replaces nothing",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a records system finds a report's identity, as paths below the record: `Occurrence/Source/SubmissionId`.

    The first step is the report's own element in XML and its table in CSV; in JSON a path begins below the report's object.
    """

    submission_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Stand:
    """One stand-in: a force's records system behind one route. `instance` is the far end that several forces may share."""

    force: str
    route: str
    instance: str
    profile: str
    transport: str  # `sftp` or `rest`
    format: str  # `xml`, `csv` or `json`
    places: tuple[Place, ...]
    options: Mapping[str, str] = field(default_factory=dict)  # what a reader of the format must know: `delimiter`, `encoding`
    directory: str = "/in/soh"
    acknowledgements: str = "/out/soh"
    manifest: bool = True
    habits: tuple[str, ...] = ()  # of HABITS
    tls: bool = False  # REST: served with a certificate of the sandbox's own authority

    @property
    def name(self) -> str:
        """Unique in a sandbox, and a plain file name: also the account's."""
        return f"{self.force}.{self.route}"

    @property
    def style(self) -> str:
        """What its own references begin with: `NICHE`."""
        return self.profile.removesuffix("-style").upper()


def of_instances(stands: list[Stand]) -> dict[str, list[Stand]]:
    """The stands that share each instance."""
    shared: dict[str, list[Stand]] = {}
    for stand in stands:
        shared.setdefault(stand.instance, []).append(stand)
    return shared


def write_stands(path: Path, stands: list[Stand]) -> None:
    """Hands the stands on to the processes that run them."""
    path.write_bytes(orjson.dumps([asdict(stand) for stand in stands], option=orjson.OPT_INDENT_2))


def read_stands(path: Path) -> list[Stand]:
    """The stands of a sandbox folder, in the order in which they were written."""
    return [_stand(row) for row in orjson.loads(path.read_bytes())]


def _stand(row: dict[str, Any]) -> Stand:
    places, habits = tuple(Place(**place) for place in row["places"]), tuple(row["habits"])
    return Stand(**{**row, "places": places, "habits": habits})
