"""Adapters by name."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from adapters import registry
from hub.contracts import Misconfigured


class Pigeon:
    """A transport of another package."""

    def __init__(self, settings: dict[str, object]) -> None:
        self.settings = settings


@pytest.fixture
def pigeon_post(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a package with entry points were installed: one that works, one that does not, one that takes a name of ours."""
    group = registry.TRANSPORT.group
    points = [
        EntryPoint("pigeon", "tests.adapters.test_registry:Pigeon", group),
        EntryPoint("owl", "tests.adapters.test_registry:Owl", group),
        EntryPoint("sftp", "tests.adapters.test_registry:Pigeon", group),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda **wanted: EntryPoints(points).select(**wanted))


def test_every_built_in_adapter_can_be_imported() -> None:
    for kind in registry.KINDS:
        for name in kind.built_in:
            assert callable(registry.adapter_class(kind, name))


@pytest.mark.parametrize(("make", "code"), [(registry.make_transport, "unknown-transport"), (registry.make_source, "unknown-source")])
def test_an_unknown_name_is_told_with_the_known_ones(make: object, code: str) -> None:
    assert callable(make)
    with pytest.raises(Misconfigured) as caught:
        make("telegraph", {})
    assert caught.value.code == code


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(Misconfigured, match=r"no transport is called 'sfpt'; did you mean 'sftp'\? \(known: .*rest.*sftp.*\)"):
        registry.make_transport("sfpt", {})
    with pytest.raises(Misconfigured, match=r"did you mean 'xml'"):
        registry.make_format("xlm", {}, Path())


def test_every_wrong_setting_is_told_at_once_without_its_value() -> None:
    settings = {"name": "sftp", "host": "sftp.example", "port": "ninety", "hostkey": "x", "credentials": "hunter2"}
    with pytest.raises(Misconfigured) as caught:
        registry.make_transport("sftp", settings)
    assert caught.value.code == "bad-settings"
    for expected in (
        "transport 'sftp'",
        "port: ",
        "host_key: Field required",
        "unknown setting 'hostkey'; did you mean 'host_key'?",
        "env:NAME",
    ):
        assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "ninety" not in str(caught.value)


def test_settings_may_be_text_as_yaml_gives_them(tmp_path: Path) -> None:
    source = registry.make_source("folder", {"name": "folder", "path": str(tmp_path), "settle_seconds": "0", "largest": "100"})
    assert list(source.submissions()) == []


@pytest.mark.usefixtures("pigeon_post")
def test_a_package_outside_this_tree_adds_its_own() -> None:
    transport = registry.make_transport("pigeon", {"loft": "north"})
    assert isinstance(transport, Pigeon)
    assert transport.settings == {"loft": "north"}
    assert registry.names(registry.TRANSPORT) == ("email", "owl", "pigeon", "rest", "sftp")


@pytest.mark.usefixtures("pigeon_post")
def test_a_package_cannot_take_the_place_of_ours() -> None:
    assert registry.adapter_class(registry.TRANSPORT, "sftp") is not Pigeon


@pytest.mark.usefixtures("pigeon_post")
def test_a_package_that_cannot_be_imported_is_told() -> None:
    with pytest.raises(Misconfigured, match=r"transport 'owl' \(tests.adapters.test_registry:Owl\) cannot be imported"):
        registry.make_transport("owl", {})


def test_the_registry_imports_no_adapter_before_it_is_made() -> None:
    import subprocess

    heavy = ("paramiko", "httptools", "httpx", "lxml", "pydantic")
    code = f"import sys, adapters.registry; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
