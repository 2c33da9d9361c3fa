"""A hub with stand-ins for all forces, as the tests of the flows have it, for tests that look at it in a browser."""

from tests.flows.conftest import hub_of, stand_ins

__all__ = ["hub_of", "stand_ins"]
