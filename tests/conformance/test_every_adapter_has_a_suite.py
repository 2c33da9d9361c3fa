"""A registered adapter without a suite fails here."""

import importlib
import pkgutil
from pathlib import Path

import pytest

from adapters import registry
from tests.conformance.sources import SourcePromises
from tests.conformance.transports import TransportPromises


@pytest.fixture(scope="module", autouse=True)
def every_suite_is_loaded() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"tests.conformance.{module.name}")


@pytest.mark.parametrize("name", registry.names(registry.TRANSPORT))
def test_a_registered_transport_has_a_suite(name: str) -> None:
    assert name in {suite.adapter for suite in TransportPromises.__subclasses__()}


@pytest.mark.parametrize("name", registry.names(registry.SOURCE))
def test_a_registered_source_has_a_suite(name: str) -> None:
    assert name in {suite.adapter for suite in SourcePromises.__subclasses__()}
