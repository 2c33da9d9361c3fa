import hashlib
import io
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from hub.ledger.errors import LedgerUnavailable
from hub.ledger.store import INLINE, Store

LARGE = os.urandom(INLINE + 1)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A folder, and a file system of fsspec's."""
    return Store(str(tmp_path / "store") if request.param == "folder" else f"memory://{tmp_path.name}")


def test_up_to_64_kib_lie_in_the_row(store: Store) -> None:
    kept = store.put("kent", LARGE[:INLINE])
    assert (kept.size, kept.body, kept.uri) == (INLINE, LARGE[:INLINE], None)
    assert kept.digest == hashlib.sha256(LARGE[:INLINE]).hexdigest()
    assert store.read(kept.body, kept.uri) == LARGE[:INLINE]


def test_what_is_larger_lies_at_an_address_of_its_force_and_its_digest(store: Store) -> None:
    kept = store.put("kent", LARGE)
    digest = hashlib.sha256(LARGE).hexdigest()
    assert (kept.body, kept.uri, kept.digest) == (None, f"kent/{digest[:2]}/{digest}", digest)
    assert store.read(None, kept.uri) == LARGE


def test_the_same_bytes_of_two_forces_are_two_objects(store: Store) -> None:
    ours, theirs = store.put("kent", LARGE), store.put("essex", LARGE)
    assert ours.uri != theirs.uri
    assert ours.digest == theirs.digest


def test_what_is_streamed_is_kept_whole_however_small(store: Store) -> None:
    for body in (b"", b"x", LARGE * 40):
        kept = store.stream("kent", io.BytesIO(body))
        assert (kept.size, kept.body) == (len(body), None)
        with store.open(None, kept.uri) as opened:
            assert opened.read() == body


def test_bytes_can_be_opened_again_and_again(store: Store) -> None:
    kept = store.put("kent", b"small")
    for _ in range(2):
        with store.open(kept.body, kept.uri) as opened:
            assert opened.read() == b"small"


def test_what_is_gone_is_told_from_a_store_that_is(store: Store) -> None:
    store.put("kent", LARGE)
    with pytest.raises(FileNotFoundError):
        store.read(None, "kent/00/gone")


def test_a_store_whose_disk_is_not_mounted_is_the_ledgers_trouble_and_loses_no_report(tmp_path: Path) -> None:
    kept = Store(str(tmp_path / "store")).put("kent", LARGE)
    (tmp_path / "mount-point").mkdir()
    with pytest.raises(LedgerUnavailable, match="is not there"):
        Store(str(tmp_path / "mount-point")).open(None, kept.uri)


def test_a_damaged_object_is_put_right_when_its_bytes_come_again(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    kept = store.put("kent", LARGE)
    assert kept.uri is not None
    (tmp_path / kept.uri).write_bytes(LARGE[:-1] + b"?")
    assert store.put("kent", LARGE) == kept
    assert store.read(None, kept.uri) == LARGE


def test_written_again_after_a_crash_it_is_the_same_object(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    kept = store.put("kent", LARGE)
    assert store.put("kent", LARGE) == kept == store.stream("kent", io.BytesIO(LARGE))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [kept.digest]


def test_what_breaks_off_leaves_nothing_under_a_final_name(tmp_path: Path) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "the source's disk")

    with pytest.raises(OSError, match="the source's disk") as broken:
        Store(str(tmp_path)).stream("kent", BreaksOff())
    assert not isinstance(broken.value, LedgerUnavailable)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_kept_is_synced_with_every_folder_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power may fail as soon as `put` has returned."""
    synced: list[str] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    kept = Store(str(tmp_path / "store")).put("kent", LARGE)
    assert kept.uri is not None
    final = tmp_path / "store" / kept.uri
    assert [Path(path).suffix for path in synced if Path(path).is_relative_to(final.parent)] == [".part", ""]
    assert {str(folder) for folder in (tmp_path, tmp_path / "store", tmp_path / "store" / "kent", final.parent)} <= set(synced)


def _full(*_: Any) -> int:
    raise OSError(28, "No space left on device")


def test_a_full_disk_is_told_as_the_ledgers_trouble_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(LedgerUnavailable, match=r"No space left on device\)\. Nothing was lost: free space on it"):
        store.put("kent", LARGE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_disk_that_fills_up_while_something_streams_is_the_ledgers_trouble_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))

    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return _full(data)

    def nameless() -> BinaryIO:
        return Full()

    monkeypatch.setattr(store, "_nameless", nameless)
    with pytest.raises(LedgerUnavailable, match="No space left"):
        store.stream("kent", io.BytesIO(LARGE))


def test_a_store_that_is_not_ours_to_write_is_the_ledgers_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerUnavailable, match=r"the store .* cannot be used"):
        Store(str(tmp_path / "file")).put("kent", LARGE)
    with pytest.raises(LedgerUnavailable, match=r"the store .* cannot be used"):
        Store(str(tmp_path / "file")).stream("kent", io.BytesIO(LARGE))
