"""Every test that `docs/security.md` names as a proof is there."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
NAMED = sorted(set(re.findall(r"`(tests/[\w./-]+)`", (PROJECT / "docs" / "security.md").read_text())))


@pytest.mark.parametrize("name", NAMED)
def test_a_proof_that_is_named_is_there(name: str) -> None:
    path = PROJECT / name
    assert path.is_file() or any(path.glob("test_*.py")) or any(path.iterdir())


def test_there_are_proofs() -> None:
    assert len(NAMED) > 20
