"""A registered adapter without a suite fails here."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters import registry
from tests.conformance.formats import FormatPromises
from tests.conformance.sources import SourcePromises
from tests.conformance.transports import TransportPromises


@pytest.fixture(scope="module", autouse=True)
def every_suite_is_loaded() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"tests.conformance.{module.name}")


SUITES: Mapping[registry.Kind, Callable[[], set[str]]] = {
    registry.FORMAT: lambda: {suite.adapter for suite in FormatPromises.__subclasses__()},
    registry.TRANSPORT: lambda: {suite.adapter for suite in TransportPromises.__subclasses__()},
    registry.SOURCE: lambda: {suite.adapter for suite in SourcePromises.__subclasses__()},
}
REGISTERED = [(kind, name) for kind in registry.KINDS for name in registry.names(kind)]


@pytest.mark.parametrize(("kind", "name"), REGISTERED, ids=[f"{kind.name} {name}" for kind, name in REGISTERED])
def test_a_registered_adapter_has_a_suite(kind: registry.Kind, name: str) -> None:
    assert name in SUITES[kind]()


def test_there_are_adapters_of_every_kind() -> None:
    assert {kind for kind, _ in REGISTERED} == set(registry.KINDS)
