"""The steps' house, and the small forces of the registry's own tests."""

from tests.ledger.ledgers import new_file
from tests.steps.conftest import forces, house, mappings

__all__ = ["forces", "house", "mappings", "new_file"]
