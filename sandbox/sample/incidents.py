"""The real incidents that a sample is built on, and the made-up ones of the four forces that published none.

Rows are those of data.police.uk (`NOTICE.md`): force, place, point, area and kind of crime are real; everything about
people is made up elsewhere. `python -m sandbox.sample.extract` made the extract that lies beside this module.
"""

import csv
import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from faker import Faker

EXTRACT = Path(__file__).with_name("incidents-2019-01.csv.gz")
COLUMNS = ("force", "month", "longitude", "latitude", "location", "lsoa_code", "lsoa_name", "crime_type")

# Assumed: the four forces without rows record as much per resident as the others do together. Residents: mid-2019
# estimates of the Office for National Statistics; London without the City of London.
RESIDENTS = {"metropolitan": 8_952_268, "greater-manchester": 2_835_686, "west-midlands": 2_928_592, "west-yorkshire": 2_332_469}
RESIDENTS_OF_ALL = 59_439_840  # England and Wales
RESIDENTS_OF_ANOTHER = 500_000  # a force on file that is in neither list
CORNERS = {  # west, east, south, north: roughly the force's area
    "metropolitan": (-0.45, 0.20, 51.32, 51.65),
    "greater-manchester": (-2.70, -1.95, 53.35, 53.65),
    "west-midlands": (-2.15, -1.45, 52.38, 52.65),
    "west-yorkshire": (-2.10, -1.25, 53.55, 53.92),
}
CORNERS_OF_ANOTHER = (-2.5, 0.5, 51.2, 54.0)
MADE_UP_ROWS = 500

_PREFIX = "On or near "


class Incident(NamedTuple):
    """One row. `made_up` marks those that no force recorded: their place and point are invented."""

    force: str
    longitude: float
    latitude: float
    place: str  # `Stockwood Hill`, `Shopping Area`, `Clapham Junction (station)`
    area_code: str  # LSOA; empty where there is none
    area: str  # `Bath and North East Somerset`; empty where there is none
    crime_type: str
    made_up: bool = False


def read(path: Path) -> dict[str, list[Incident]]:
    """The rows of a gzipped CSV by force. Raises ValueError where it is none, or lacks a column, and OSError where it cannot be opened."""
    try:
        return _read(path)
    except (gzip.BadGzipFile, zlib.error, EOFError, UnicodeDecodeError, csv.Error):
        raise ValueError(f"{path} is no gzipped CSV in UTF-8: take one from data.police.uk, and gzip it") from None


def _read(path: Path) -> dict[str, list[Incident]]:
    by_force: dict[str, list[Incident]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"{path.name} has no column {missing[0]!r}: it must have {', '.join(COLUMNS)}")
        for incident in map(_incident, rows):
            by_force[incident.force].append(incident)
    return dict(by_force)


def make_up(force: str, real: Mapping[str, Sequence[Incident]], rng: Random, fake: Faker) -> list[Incident]:
    """Incidents for a force without rows: the others' kinds of crime, in places that do not exist."""
    kinds = [incident.crime_type for rows in real.values() for incident in rows]
    west, east, south, north = CORNERS.get(force, CORNERS_OF_ANOTHER)
    return [
        Incident(
            force,
            round(rng.uniform(west, east), 6),
            round(rng.uniform(south, north), 6),
            fake.street_name(),
            "",
            fake.city()[:30],
            rng.choice(kinds),
            made_up=True,
        )
        for _ in range(MADE_UP_ROWS)
    ]


def weights(forces: Iterable[str], real: Mapping[str, Sequence[Incident]]) -> dict[str, float]:
    """How much each force weighs: its rows, or for one without rows its residents at the others' rate."""
    a_resident = sum(map(len, real.values())) / (RESIDENTS_OF_ALL - sum(RESIDENTS.values()))
    return {
        force: float(len(real[force])) if force in real else RESIDENTS.get(force, RESIDENTS_OF_ANOTHER) * a_resident for force in forces
    }


def shares(weights: Mapping[str, float], total: int, at_least: int = 0) -> dict[str, int]:
    """Divide `total` by weight, in whole numbers that add up to it (largest remainders), none under `at_least` if that can be."""
    floor = at_least if at_least * len(weights) <= total else 0
    spare, sum_of_weights = total - floor * len(weights), sum(weights.values())
    exact = {name: spare * weight / sum_of_weights for name, weight in weights.items()}
    counts = {name: floor + int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def endless(rows: Sequence[Incident], rng: Random) -> Iterator[Incident]:
    """Rows in a shuffled order, each once before any comes again."""
    shuffled = list(rows)
    while True:
        rng.shuffle(shuffled)
        yield from shuffled


def _incident(row: Mapping[str, str]) -> Incident:
    return Incident(
        row["force"],
        float(row["longitude"]),
        float(row["latitude"]),
        row["location"].removeprefix(_PREFIX),
        row["lsoa_code"],
        row["lsoa_name"].rpartition(" ")[0],
        row["crime_type"],
    )
