"""The mappings as they are shipped, read once."""

from pathlib import Path

import pytest

from hub.forces.registry import Registry

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every force and profile under `mappings/`."""
    return Registry.load(MAPPINGS)
