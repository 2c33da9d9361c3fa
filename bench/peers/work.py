"""The work that everybody is given, and the judge of what arrived: the same submissions, the same values, once each."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import yaml

from bench.openssh import OpenSSH
from bench.peers.flat import FIELDS, flat

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
SHAPES = {
    "drops": "CSV files of at most 500 reports each, onto one OpenSSH server",
    "single": "one JSON file for each report, onto one OpenSSH server",
}
AT_MOST = 500
_PROFILES = {"drops": "flat-table", "single": "flat-document"}
_SEED = 20210101


def make_intake(folder: Path, reports: int) -> dict[str, dict[str, str]]:
    """So many submissions to one force, on real incidents, a file each. Returns the values that must arrive, by submission id."""
    folder.mkdir(parents=True)
    found: dict[str, dict[str, str]] = {}
    for body in islice(_bodies(reports), reports):
        values = flat(body)
        found[values["SUBMISSION_ID"]] = values
        (folder / f"{values['SUBMISSION_ID']}.json").write_bytes(body)
    return found


def _bodies(reports: int) -> Iterator[bytes]:
    from sandbox.sample import incidents
    from sandbox.sample.making import Making
    from sandbox.sample.plan import Standing

    forces = {"kent": Standing("kent", "46", False, frozenset({"crime"}), {}, False)}
    making = Making(_SEED, AT, incidents.read(incidents.EXTRACT), forces)
    seen: set[str] = set()
    for made in making.submissions(2 * reports + 200):
        name = made.fate.submission_id
        if made.fate.outcome == "accepted" and not made.files and name and name not in seen and _is_plain(made.body):
            seen.add(name)
            yield made.body


def _is_plain(body: bytes) -> bool:
    """Whether nothing in it has to be repaired, as the hub would: that is not what is compared."""
    sent = json.loads(body)
    return sent["language"] in ("en", "cy") and isinstance(sent["digitalReport"]["anonymous"], bool)


def make_mappings(folder: Path, shape: str, server: OpenSSH, directory: Path) -> Path:
    """The hub's files for this work: the profile, and a force that is reached at this server."""
    shutil.copytree(Path(__file__).parent / "mappings", folder)
    (folder / "forces").mkdir()
    route = {
        "name": "records-system",
        "purpose": "primary",
        "profile": _PROFILES[shape],
        "endpoint": {"instance": "peers", "environment": "sandbox"},
        "transport": server.settings(directory),
        "from": "2021-02-23",
    }
    force = {
        "force": "kent",
        "name": "Kent Police",
        "nation": "England",
        "ons_code": "E23000032",
        "pnc_code": "46",
        "records_system": {"style": _PROFILES[shape], "instance": "peers", "evidence": "assumed"},
        "services": {"default": "2021-02-23 assumed"},
        "routes": [route],
        "expect": {"daily_minimum": 1},
    }
    (folder / "forces" / "kent.yaml").write_text(yaml.safe_dump(force, sort_keys=False))
    return folder


def judged(directory: Path, expected: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """Whether every report arrived with its values, once, and under a final name; how many files there are."""
    files = sorted(directory.iterdir())
    rows = [row for file in files if not file.name.startswith(".") for row in _rows(file)]
    counted = Counter(row.get("SUBMISSION_ID", "") for row in rows)
    right = sum(1 for row in rows if expected.get(row.get("SUBMISSION_ID", "")) == row)
    twice = sum(count - 1 for count in counted.values())
    return {
        "arrived": right,
        "wrong": len(rows) - right,
        "twice": twice,
        "missing": len(expected.keys() - counted.keys()),
        "files": len(files),
    }


def _rows(file: Path) -> Iterator[dict[str, str]]:
    if file.suffix == ".csv":
        with file.open(newline="", encoding="utf-8-sig") as opened:
            yield from csv.DictReader(opened)
    else:
        values = json.loads(file.read_bytes())
        values = values.get("report", values)  # Bots puts a record below its name
        yield {name: str(values.get(name)) for name in FIELDS}
