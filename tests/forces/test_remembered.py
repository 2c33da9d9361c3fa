"""The registry is read again only where something is other: the same bytes are the same registry, and any other byte is another."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.documents import InvalidDocument
from hub.forces.registry import Registry

CHANGES: dict[str, Callable[[Path], object]] = {
    "a force's file": lambda mappings: _says(mappings / "forces" / "kent.yaml", "Kent Police", "Kent Polise"),
    "a force's file that has become broken": lambda mappings: _says(mappings / "forces" / "kent.yaml", "pnc_code", "pnc_kode"),
    "a force that is gone": lambda mappings: (mappings / "forces" / "essex.yaml").unlink(),
    "a force with another name of its file": lambda mappings: (mappings / "forces" / "essex.yaml").rename(
        mappings / "forces" / "sussex.yaml"
    ),
    "a profile": lambda mappings: next(mappings.glob("profiles/*/profile.yaml")).write_text("profile: none\n"),
    "a profile that is gone": lambda mappings: shutil.rmtree(mappings / "profiles"),
    "a code list": lambda mappings: next(mappings.glob("profiles/*/codes/*.csv")).unlink(),
    "an empty folder": lambda mappings: (mappings / "profiles" / "another").mkdir(),
}


def _says(path: Path, old: str, new: str) -> None:
    """Other words, as many bytes, and the same time: a look at the folder alone shows nothing."""
    before = path.stat()
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_says_the_same_is_the_same(mappings: Path) -> None:
    first = Registry.load(mappings)
    for path in mappings.rglob("*.yaml"):
        path.write_bytes(path.read_bytes())
    assert Registry.load(mappings) is first


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_other_makes_another_and_back_again_it_is_as_it_was(mappings: Path, tmp_path: Path, change: str) -> None:
    shutil.copytree(mappings, tmp_path / "kept")
    first = Registry.load(mappings)
    CHANGES[change](mappings)
    assert Registry.load(mappings) is not first
    shutil.rmtree(mappings)
    shutil.copytree(tmp_path / "kept", mappings)
    again = Registry.load(mappings)
    assert (sorted(again.forces), again.broken) == (sorted(first.forces), {})


def test_a_file_behind_a_link_is_looked_at_too(mappings: Path, tmp_path: Path) -> None:
    """As a platform mounts them: every name is a link into a folder that is exchanged whole."""
    real = Path(shutil.move(mappings / "profiles", tmp_path / "real"))
    (mappings / "profiles").mkdir()
    for profile in real.iterdir():
        (mappings / "profiles" / profile.name).symlink_to(profile)
    first = Registry.load(mappings)
    assert Registry.load(mappings) is first
    next(real.glob("*/profile.yaml")).write_text("profile: none\n")
    assert set(Registry.load(mappings).broken) == set(first.forces)


def test_a_link_to_a_folder_above_is_not_followed_for_ever(mappings: Path) -> None:
    (next((mappings / "profiles").iterdir()) / "round").symlink_to(mappings, target_is_directory=True)
    assert Registry.load(mappings) is Registry.load(mappings)


def test_another_endpoints_file_makes_another(mappings: Path, tmp_path: Path) -> None:
    endpoints = tmp_path / "endpoints.yaml"
    endpoints.write_text("{}\n")
    first, without = Registry.load(mappings, endpoints), Registry.load(mappings)
    assert first is not without
    assert Registry.load(mappings, endpoints) is first
    endpoints.write_text("nowhere: {}\n")
    with pytest.raises(InvalidDocument, match="nowhere"):
        Registry.load(mappings, endpoints)
    with pytest.raises(InvalidDocument, match="nowhere"):
        Registry.load(mappings, endpoints)


def test_a_file_that_changes_while_it_is_read_is_not_remembered(mappings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows which of the two was read."""
    read = Registry._read

    def slowly(source: Path, endpoints: Path | None) -> Registry:
        found = read(source, endpoints)
        _says(mappings / "forces" / "kent.yaml", "Kent Police", "Kent Polise")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "_read", slowly)
        stale = Registry.load(mappings)
    _says(mappings / "forces" / "kent.yaml", "Kent Polise", "Kent Police")
    assert Registry.load(mappings) is not stale


def test_only_the_last_few_are_remembered(mappings: Path, tmp_path: Path) -> None:
    """A hub whose files are changed every day keeps as much as one whose files are not."""
    first = Registry.load(mappings)
    for number in range(3):
        Registry.load(Path(shutil.copytree(mappings, tmp_path / str(number))))
    assert Registry.load(mappings) is not first
