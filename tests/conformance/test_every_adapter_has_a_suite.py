"""A registered adapter without a suite fails here, and so does a declared capability that no suite demonstrates."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.transports.capabilities import Capability
from tests.conformance.formats import FormatPromises
from tests.conformance.platforms import PlatformPromises
from tests.conformance.sources import SourcePromises
from tests.conformance.transports import TransportPromises


@pytest.fixture(scope="module", autouse=True)
def every_suite_is_loaded() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"tests.conformance.{module.name}")


PROMISES: Mapping[registry.Kind, type[Any]] = {
    registry.FORMAT: FormatPromises,
    registry.TRANSPORT: TransportPromises,
    registry.SOURCE: SourcePromises,
    registry.PLATFORM: PlatformPromises,
}
REGISTERED = [(kind, name) for kind in registry.KINDS for name in registry.names(kind)]
TRANSPORTS = registry.names(registry.TRANSPORT)


def suites(promises: type[Any]) -> Iterator[type[Any]]:
    """Every class that pytest runs and that keeps these promises."""
    for below in promises.__subclasses__():
        yield from suites(below)
        if below.__name__.startswith("Test"):
            yield below


def demonstrated(name: str) -> set[Capability]:
    """The capabilities that the suites of a transport demonstrate, with every test that belongs to each."""
    found: set[Capability] = set()
    for suite in suites(TransportPromises):
        parents = suite.__mro__[1:] if suite.adapter == name else ()
        found |= {parent.__dict__["demonstrates"] for parent in parents if "demonstrates" in parent.__dict__}
    return found


@pytest.mark.parametrize(("kind", "name"), REGISTERED, ids=[f"{kind.name} {name}" for kind, name in REGISTERED])
def test_a_registered_adapter_has_a_suite(kind: registry.Kind, name: str) -> None:
    assert name in {suite.adapter for suite in suites(PROMISES[kind])}


@pytest.mark.parametrize("name", TRANSPORTS)
def test_a_declared_capability_is_demonstrated_and_no_other(name: str) -> None:
    declared: frozenset[Capability] = getattr(registry.adapter_class(registry.TRANSPORT, name), "capabilities", frozenset())
    assert demonstrated(name) == declared


@pytest.mark.parametrize("capability", Capability)
def test_a_capability_has_promises_of_its_own(capability: Capability) -> None:
    kept = [below for below in TransportPromises.__subclasses__() if below.__dict__.get("demonstrates") is capability]
    assert [any(name.startswith("test_") for name in vars(below)) for below in kept] == [True]


def test_no_suite_leaves_a_promise_out() -> None:
    """A suite that defines a test of the kit anew, or unsets it, would promise less than it says."""
    for suite in (suite for promises in PROMISES.values() for suite in suites(promises)):
        kit = {name for parent in suite.__mro__[1:] for name in vars(parent) if name.startswith("test_")}
        assert not kit & set(vars(suite)), f"{suite.__name__} replaces tests of the kit"


def test_there_are_adapters_of_every_kind() -> None:
    assert {kind for kind, _ in REGISTERED} == set(registry.KINDS)
