"""A registered adapter without a suite fails here."""

import importlib
import pkgutil
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


SUITES = {registry.FORMAT: FormatPromises, registry.TRANSPORT: TransportPromises, registry.SOURCE: SourcePromises}
REGISTERED = [(kind, name) for kind in registry.KINDS for name in registry.names(kind)]


@pytest.mark.parametrize(("kind", "name"), REGISTERED, ids=[f"{kind.name} {name}" for kind, name in REGISTERED])
def test_a_registered_adapter_has_a_suite(kind: registry.Kind, name: str) -> None:
    suites = SUITES[kind].__subclasses__()
    assert name in {suite.adapter for suite in suites}


def test_there_are_adapters_of_every_kind() -> None:
    assert {kind for kind, _ in REGISTERED} == set(registry.KINDS)
