"""What the hub is made of: every package pinned by hash, and all of them in the bill of materials."""

import re
import subprocess
from pathlib import Path

import orjson
import pytest

PROJECT = Path(__file__).parents[1]
PINS = sorted((PROJECT / "requirements").glob("*.txt"))
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^ ;]+)")


def _pinned(path: Path) -> dict[tuple[str, str], set[str]]:
    lines = [line for line in path.read_text().replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    return {(pin[1], pin[2]): set(re.findall(r"--hash=sha256:([0-9a-f]{64})", line)) for line in lines if (pin := _PIN.match(line))}


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_package_is_pinned_by_hash_and_no_address_is_named(path: Path) -> None:
    pinned = _pinned(path)
    assert len(pinned) == len(re.findall(r"^\S+==", path.read_text(), re.MULTILINE)) > 0
    assert [pin for pin, hashes in pinned.items() if not hashes] == []
    assert "://" not in path.read_text()


def test_the_bill_of_materials_has_every_pin_with_its_hashes(tmp_path: Path) -> None:
    made = tmp_path / "sbom.cdx.json"
    subprocess.run([PROJECT / "scripts" / "sbom", made], check=True, capture_output=True)
    bill = orjson.loads(made.read_bytes())
    found = {
        (part["name"], part["version"]): {one["content"] for place in part["externalReferences"] for one in place["hashes"]}
        for part in bill["components"]
    }
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "soh-hub"
    assert found == _pinned(PROJECT / "requirements" / "lock.txt")
