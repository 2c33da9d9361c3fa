"""What a records system can read in what it was delivered, by plain parsers that share no code with the hub's formats."""

import csv
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from hub.words import PayloadKind
from sandbox.holdings import Held, HeldPayload

csv.field_size_limit(16 * 1024 * 1024)

Values = dict[str, set[str]]  # by submission id, everything that the records system has of that report


def records(held: Held) -> list[HeldPayload]:
    """The payloads of a force that hold records."""
    return [payload for payload in held.payloads if payload.kind is PayloadKind.RECORDS]


def values(held: Held) -> Values:
    """Every value of every report that a force holds, whatever it is called there."""
    ids = frozenset(report.submission_id for report in held.reports)
    found: Values = {}
    for payload in records(held):
        for leaves in _READERS[held.stand.format](held, payload):
            submission_id = next(leaf for leaf in leaves if leaf in ids)
            found.setdefault(submission_id, set()).update(leaves)
    return found


def rows(held: Held, payload: HeldPayload) -> list[list[str]]:
    """A CSV payload's rows as Python's csv reads them, the header first."""
    text = payload.read().decode(held.stand.options["encoding"])
    return list(csv.reader(io.StringIO(text, newline=""), **_dialect(held), strict=True))


def rows_by_pandas(held: Held, payload: HeldPayload) -> list[list[str]]:
    """The same as pandas reads it, with every value the text that it is."""
    options: Any = _dialect(held)
    frame = pd.read_csv(
        io.BytesIO(payload.read()), dtype=str, keep_default_na=False, header=None, encoding=held.stand.options["encoding"], **options
    )
    return [list(row) for row in frame.itertuples(index=False, name=None)]


def table_of(payload: HeldPayload) -> str:
    """Which table a CSV payload is: `kent.records-system.routine.k7q2.000001.persons.csv`."""
    return payload.key.split(".")[-2]


def documents(held: Held, payload: HeldPayload) -> list[Any]:
    """The reports of a JSON payload: one, or one a line."""
    lines = payload.read().splitlines() if held.stand.manifest else [payload.read()]
    return [json.loads(line) for line in lines]


def xmllint(files: list[Path], schema: Path) -> tuple[int, str]:
    """What xmllint says of these documents."""
    ran = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, *files], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def _dialect(held: Held) -> dict[str, Any]:
    return {"delimiter": held.stand.options.get("delimiter", ","), "quotechar": held.stand.options.get("quote", '"')}


def _csv(held: Held, payload: HeldPayload) -> Iterator[list[str]]:
    yield from rows(held, payload)[1:]


def _json(held: Held, payload: HeldPayload) -> Iterator[list[str]]:
    for document in documents(held, payload):
        yield list(_leaves(document))


def _xml(held: Held, payload: HeldPayload) -> Iterator[list[str]]:
    root = ElementTree.fromstring(payload.read())  # noqa: S314 - our own
    for report in list(root) if held.stand.manifest else [root]:
        yield [text for element in report.iter() for text in (element.text, *element.attrib.values()) if text]


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for below in value.values():
                yield from _leaves(below)
        case list():
            for below in value:
                yield from _leaves(below)
        case _:
            yield str(value)


_READERS = {"csv": _csv, "json": _json, "xml": _xml}
