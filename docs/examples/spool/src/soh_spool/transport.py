"""A far end that is a folder: mounted from the force's file server, or read by a program of theirs on this machine."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from adapters import settings as adapter_settings
from adapters.settings import STRICT
from adapters.transports.acknowledgements import LONGEST_LINE, Malformed, parse_line
from adapters.transports.capabilities import Capability
from hub.contracts import Absent, Acknowledgement, Differs, Finding, Found, Misconfigured, Payload, Receipt, Unavailable, Uncertain

_PIECE = 256 * 1024  # bytes


class Settings(BaseModel):
    """The folder that drops go to, and the one that acknowledgements come from."""

    model_config = STRICT

    directory: Path
    acknowledgements: Path | None = None


class SpoolTransport:
    """A payload is a file: whole under its name, or not there. Needs a file system with hard links."""

    capabilities = frozenset({Capability.FINDS, Capability.ACKNOWLEDGES, Capability.STREAMS})
    parallel = 4

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._settings = adapter_settings.read(Settings, settings, "transport 'spool'")

    def send(self, payload: Payload) -> Receipt:
        """A link, unlike a rename, never replaces what is there: of two who send at once one wins."""
        part = self._path(f".{payload.name}.{secrets.token_hex(4)}.part")
        with _certainly_not():
            try:
                _write(part, payload)
                return Receipt(payload.key, detail=self._give_its_name(part, payload))
            finally:
                part.unlink(missing_ok=True)

    def find(self, payload: Payload) -> Finding:
        with _certainly_not():
            self._folder()
            try:
                same = _digest(self._path(payload.name)) == payload.digest
            except FileNotFoundError:
                return Absent()
        return Found() if same else Differs("other bytes lie there under this name")

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:  # noqa: ARG002 - a file that was settled is gone
        """A line that is not as published hides no other. A file is read whole before any of it is given."""
        folder = self._settings.acknowledgements
        if folder is None:
            return
        with _certainly_not():
            files = sorted((path for path in folder.iterdir() if path.name.endswith(".ack.json")), key=lambda path: path.name)
        for path in files:
            with _certainly_not():
                said = list(_said(path))
            yield from said

    def settle(self, batch: str) -> None:
        folder = self._settings.acknowledgements
        if folder is not None and Path(batch).name == batch:
            with _certainly_not():
                (folder / batch).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is kept open."""

    def _folder(self) -> None:
        os.stat(self._settings.directory)

    def _path(self, name: str) -> Path:
        return self._settings.directory / name

    def _give_its_name(self, part: Path, payload: Payload) -> str:
        path = self._path(payload.name)
        try:
            os.link(part, path)
        except FileExistsError:
            if _digest(path) == payload.digest:
                return "found"
            raise Misconfigured("name-taken", f"other bytes lie under the name {payload.name}: see who else writes there") from None
        except OSError as error:  # over a network the link may have been made before the answer was lost
            raise Uncertain("link-failed", f"errno {error.errno}") from None
        return "linked"


@contextmanager
def _certainly_not() -> Iterator[None]:
    """What the system says is said in the hub's words: nothing has its final name yet."""
    try:
        yield
    except PermissionError:
        raise Misconfigured("permission-denied", "the folder is not ours to use: give the hub's user the right to") from None
    except FileNotFoundError:
        raise Unavailable("connection-refused", "the folder is not there: is it mounted?") from None
    except OSError as error:
        raise Unavailable("folder-failed", f"{type(error).__name__}, errno {error.errno}") from None


def _write(part: Path, payload: Payload) -> None:
    with payload.open() as source, part.open("xb") as file:
        while piece := source.read(_PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _said(path: Path) -> Iterator[Acknowledgement]:
    number = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                try:
                    yield parse_line(line, f"{path.name}:{number}", path.name)
                except Malformed:
                    continue
    except FileNotFoundError:
        return  # another worker has settled it
