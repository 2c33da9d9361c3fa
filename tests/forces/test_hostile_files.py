"""Files that were cut, doubled or scribbled on: each is read or refused with a fault, and nothing else happens."""

import random
from pathlib import Path

import pytest

from hub.documents import Fault, InvalidDocument
from hub.forces.profiles import load_profile
from hub.forces.registry import Registry
from tests.forces.conftest import DATA

SCRIBBLES = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "&a ",
    "*a",
    "? ",
    "| ",
    "> ",
    "'",
    '"',
    "#",
    "!!int ",
    "%",
    "\0",
    "\t",
    "\ud7ff",
    "é",
    "\n",
    "  ",
    "010",
    "NO",
    "~",
]


def scribbled(text: str, seed: int) -> str:
    """The text with a few places cut, doubled or written over."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text))
        end = min(len(text), start + chance.choice([0, 1, 5, 40]))
        text = text[:start] + chance.choice([*SCRIBBLES, text[start:end] * 2, ""]) + text[end:]
    return text


@pytest.mark.parametrize("seed", range(0, 200, 50))
def test_a_scribbled_force_file_breaks_only_that_force(mappings: Path, seed: int) -> None:
    path = mappings / "forces" / "kent.yaml"
    whole = path.read_text(encoding="utf-8")
    for each in range(seed, seed + 50):
        path.write_text(scribbled(whole, each), encoding="utf-8")
        registry = Registry.load(mappings)
        assert ("essex" in registry.forces) or "the PNC code" in str(registry.broken["essex"])
        assert ("kent" in registry.forces) != ("kent" in registry.broken)


def test_a_scribbled_profile_is_read_or_refused(mappings: Path) -> None:
    path = mappings / "profiles" / "tiny" / "profile.yaml"
    whole = (DATA / "mappings" / "profiles" / "tiny" / "profile.yaml").read_text(encoding="utf-8")
    refused = [fault for seed in range(100) for fault in faults_of(path, scribbled(whole, seed))]
    assert len(refused) > 50
    assert all(fault.line >= 1 and fault.column >= 1 for fault in refused)


def faults_of(path: Path, text: str) -> tuple[Fault, ...]:
    path.write_text(text, encoding="utf-8")
    try:
        load_profile(path.parent)
    except InvalidDocument as invalid:
        return invalid.faults
    return ()
