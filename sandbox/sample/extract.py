"""The project's extract of real incidents: `python -m sandbox.sample.extract police-uk-2019-01.csv.gz [--rows 6000]`.

A seeded sample, stratified by force and kind of crime, so that both keep their proportions.
"""

import argparse
import csv
import gzip
import io
from collections import defaultdict
from pathlib import Path
from random import Random

from sandbox.sample.incidents import COLUMNS, EXTRACT, shares


def extract(source: Path, target: Path, rows: int, seed: int = 20190131) -> None:
    """Write `rows` of the rows of `source` to `target`; the same bytes for the same seed."""
    strata: dict[str, list[list[str]]] = defaultdict(list)
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            if tuple(row) != COLUMNS:
                strata[f"{row[0]}/{row[-1]}"].append(row)
    rng = Random(seed)
    wanted = shares({name: len(found) for name, found in strata.items()}, rows)
    chosen = [row for name, found in strata.items() for row in rng.sample(found, min(wanted[name], len(found)))]
    target.write_bytes(_gzipped(chosen))


def _gzipped(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(rows))
    return gzip.compress(text.getvalue().encode(), mtime=0)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("source", type=Path)
    arguments.add_argument("--rows", type=int, default=6000)
    given = arguments.parse_args()
    extract(given.source, EXTRACT, given.rows)
