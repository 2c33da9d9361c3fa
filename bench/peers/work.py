"""The work that everybody is given, and the judge of what arrived: the same submissions, the same values, once each."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from bench.openssh import OpenSSH
from bench.peers.flat import FIELDS, flat
from hub.settings import PROJECT

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
SHAPES = {
    "drops": "CSV files of at most 500 reports each, onto one OpenSSH server",
    "single": "one JSON file for each report, onto one OpenSSH server",
}
AT_MOST = 500
FORCES = ("essex", "hampshire", "kent", "lancashire", "nottinghamshire", "sussex", "thames-valley", "west-yorkshire")  # of about one size
_PROFILES = {"drops": "flat-table", "single": "flat-document"}
_SEED = 20210101


def make_intake(folder: Path, reports: int, forces: Sequence[str] = FORCES) -> dict[str, dict[str, str]]:
    """So many submissions to some forces, on real incidents, a file each. Returns the values that must arrive, by submission id."""
    folder.mkdir(parents=True)
    found: dict[str, dict[str, str]] = {}
    for body in islice(_bodies(reports, forces), reports):
        values = flat(body)
        found[values["SUBMISSION_ID"]] = values
        (folder / f"{values['SUBMISSION_ID']}.json").write_bytes(body)
    return found


def _bodies(reports: int, slugs: Sequence[str]) -> Iterator[bytes]:
    from sandbox.sample import incidents
    from sandbox.sample.making import Making
    from sandbox.sample.plan import Standing

    forces = {slug: Standing(slug, _on_file(slug)["pnc_code"], False, frozenset({"crime"}), {}, False) for slug in slugs}
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


def make_mappings(folder: Path, shape: str, server: OpenSSH, directory: Path, forces: Sequence[str] = FORCES) -> Path:
    """The hub's files for this work: the profile, and the forces. Each has a directory of its own: the hub mixes no two forces' reports."""
    shutil.copytree(Path(__file__).parent / "mappings", folder)
    (folder / "forces").mkdir()
    for slug in forces:
        force = _on_file(slug) | {
            "records_system": {"style": _PROFILES[shape], "instance": "peers", "evidence": "assumed"},
            "services": {"default": "2021-02-23 assumed"},
            "routes": [_route(shape, server, directory / slug)],
            "expect": {"daily_minimum": 1},
        }
        (folder / "forces" / f"{slug}.yaml").write_text(yaml.safe_dump(force, sort_keys=False))
    return folder


def _on_file(slug: str) -> dict[str, Any]:
    """Who the force is, as the project's own file says it."""
    said = yaml.safe_load((PROJECT / "mappings" / "forces" / f"{slug}.yaml").read_text())
    return {name: said[name] for name in ("force", "name", "nation", "ons_code", "pnc_code")}


def _route(shape: str, server: OpenSSH, directory: Path) -> dict[str, Any]:
    return {
        "name": "records-system",
        "purpose": "primary",
        "profile": _PROFILES[shape],
        "endpoint": {"instance": "peers", "environment": "sandbox"},
        "transport": server.settings(directory),
        "from": "2021-02-23",
    }


def judged(directory: Path, expected: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """Whether every report arrived with its values, once, and under a final name; how many files there are."""
    files = sorted(file for file in directory.rglob("*") if file.is_file())
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
