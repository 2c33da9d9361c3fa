"""Whether files say what they said before: a digest of all that a registry is read from."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

_DEEPEST = 4  # folders below one another in a profile: a link to a folder above it must not be followed for ever


def digest_of(mappings: Path, endpoints: Path | None) -> bytes:
    """Of every name and every byte that may decide what the forces are. A file that cannot be read counts as that."""
    found = blake2b()
    for part in (mappings / "forces", mappings / "profiles"):
        for name, body in _below(part, _DEEPEST):
            found.update(f"{name}\0{len(body)}\0".encode(errors="surrogateescape") + body)
    found.update(_body(endpoints) if endpoints else b"")
    return found.digest()


def _below(folder: Path, deep: int) -> Iterator[tuple[str, bytes]]:
    """Every folder and file by its path, with what is in it; links are followed, as they are when it is read."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield str(folder), type(error).__name__.encode()
        return
    for entry in entries:
        if not entry.is_dir():
            yield entry.path, _body(Path(entry.path))
            continue
        yield f"{entry.path}/", b""
        if deep:
            yield from _below(Path(entry.path), deep - 1)


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        return type(error).__name__.encode()
