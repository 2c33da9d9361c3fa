"""A small mappings folder: one profile, two forces."""

import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A copy of the small mappings folder, to be broken at will."""
    return Path(shutil.copytree(DATA / "mappings", tmp_path / "mappings"))
