"""The store on S3 keeps its promises: whole or not at all, gone told from unavailable, and in flat memory."""

import hashlib
import io
import socket
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest

from hub.ledger.errors import LedgerUnavailable
from hub.ledger.store import INLINE, Store
from tests.servers.s3 import S3, running_s3

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with running_s3(port) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture
def store(server: S3) -> Store:
    return Store(server.store)


class Zeros:
    """So many bytes, none of them in memory; after `breaks` of them it fails."""

    def __init__(self, size: int, breaks: int | None = None) -> None:
        self.left, self.breaks, self.given = size, breaks, 0

    def read(self, size: int) -> bytes:
        if self.breaks is not None and self.given >= self.breaks:
            raise ConnectionResetError("the source is gone")
        some = min(size, self.left)
        self.left -= some
        self.given += some
        return bytes(some)


def test_what_is_kept_is_there_again_and_a_small_one_lies_in_its_row(store: Store) -> None:
    body = bytes(range(256)) * 1_000
    assert store.put("kent", b"small").uri is None
    kept = store.put("kent", body)
    assert kept.uri == f"kent/{kept.digest[:2]}/{hashlib.sha256(body).hexdigest()}"
    assert (store.read(kept.body, kept.uri), store.has(kept.uri), store.has("kent/aa/none")) == (body, True, False)
    store.take("kent/bb/again", store.open(None, kept.uri))
    assert store.read(None, "kent/bb/again") == body


def test_what_is_gone_is_told_from_a_store_that_does_not_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        store.read(None, "kent/aa/none")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    cut_off = Store("s3://another/store")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    for ask in (
        lambda: cut_off.read(None, "kent/aa/none"),
        lambda: cut_off.put("kent", bytes(INLINE + 1)),
        lambda: cut_off.has("kent/aa/x"),
    ):
        with pytest.raises(LedgerUnavailable, match="see whether it is there"):
            ask()
    s3fs.S3FileSystem.clear_instance_cache()


def test_an_object_is_there_whole_or_not_at_all(store: Store) -> None:
    size = 20 * MEGABYTE
    with pytest.raises(ConnectionResetError):
        store.stream("essex", cast(BinaryIO, Zeros(size, breaks=12 * MEGABYTE)))
    digest = hashlib.sha256(bytes(size)).hexdigest()
    uri = f"essex/{digest[:2]}/{digest}"
    assert not store.has(uri)
    with pytest.raises(LedgerUnavailable):
        store._write(uri, lambda out: [out.write(bytes(10 * MEGABYTE)), Zeros(1, breaks=0).read(1)])
    assert not store.has(uri)
    assert store.stream("essex", cast(BinaryIO, Zeros(size))).uri == uri
    assert store.has(uri)


def test_a_large_one_is_kept_and_read_in_flat_memory(store: Store) -> None:
    size = 96 * MEGABYTE
    tracemalloc.start()
    kept = store.stream("kent", cast(BinaryIO, Zeros(size)))
    with store.open(None, kept.uri) as source:
        length = sum(len(chunk) for chunk in iter(lambda: source.read(MEGABYTE), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (length, kept.size) == (size, size)
    assert peak < 64 * MEGABYTE


def test_a_source_that_cannot_be_read_is_no_fault_of_the_store(store: Store) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        store.stream("kent", Broken())
