"""Submissions one by one, for the tests that write an intake file by file; and a mappings folder of a few forces."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import orjson
import yaml

from hub.forces.registry import Registry
from hub.settings import PROJECT
from hub.words import Lane
from sandbox.sample import build
from tests.flows.conftest import AT


def sample(folder: Path, seed: int, reports: int = 1_000) -> Path:
    """A sample of all forces; the same seed makes the same ids."""
    build(reports, folder, seed, AT, None, Registry.load(PROJECT / "mappings"))
    return folder


class Submissions:
    """Submissions of a sample that will be accepted, and have nothing beside them."""

    def __init__(self, folder: Path) -> None:
        expected = orjson.loads((folder / "expected.json").read_bytes())["submissions"]
        self._left = [row for row in expected if row["outcome"] == "accepted"]
        self._intake = folder / "intake"

    def take(self, force: str, lane: Lane) -> tuple[str, bytes]:
        """One for a force and lane, with its id; never the same again."""
        for row in self._left:
            if (row["force"], row["lane"]) == (force, lane):
                body = self._body(row["file"], row["line"])
                if not orjson.loads(body).get("attachments"):
                    self._left.remove(row)
                    return row["submission_id"], body
        raise LookupError(f"the sample has no other {lane} submission for {force}: make it larger")

    def _body(self, file: str, line: int | None) -> bytes:
        body = (self._intake / file).read_bytes()
        return body if line is None else body.splitlines()[line - 1]


def put(intake: Path, name: str, body: bytes) -> None:
    """Write a file as the platform does: whole under its name at once."""
    part = intake / f".{name}.part"
    part.write_bytes(body)
    part.rename(intake / name)


def few_forces(folder: Path, ends: Path, forces: Sequence[str], schedule: str) -> Path:
    """A mappings folder with these forces alone, reached where the endpoints file `ends` says, all with one schedule."""
    (folder / "forces").mkdir(parents=True)
    shutil.copytree(PROJECT / "mappings" / "profiles", folder / "profiles")
    if (codes := PROJECT / "mappings" / "forces" / "codes").exists():
        shutil.copytree(codes, folder / "forces" / "codes")
    for force in forces:
        add_force(folder, ends, force, schedule)
    return folder


def add_force(mappings: Path, ends: Path, force: str, schedule: str) -> None:
    """Write a force's file, with its far end in it."""
    file = yaml.load((PROJECT / "mappings" / "forces" / f"{force}.yaml").read_text(), yaml.BaseLoader)  # noqa: S506 - builds texts alone
    there = yaml.load(ends.read_text(), yaml.BaseLoader)[force]  # noqa: S506 - as above
    for route in file["routes"]:
        route["endpoint"] |= there[route["name"]].get("endpoint", {})
        route["transport"] = route.get("transport", {}) | there[route["name"]]["transport"]
        route["drops"] = route.get("drops", {}) | {"schedule": schedule}
    part = mappings / f"{force}.part"
    part.write_text(yaml.safe_dump(file, allow_unicode=True))
    part.rename(mappings / "forces" / f"{force}.yaml")
