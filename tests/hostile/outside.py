"""The borders of what comes beside a submission, of where it comes from, and of what an operator enters; see `borders`."""

import os
import shutil
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import BinaryIO, cast

import orjson
from paramiko import SFTPAttributes, SFTPClient
from pydantic import ValidationError

from adapters.sources.attachments import Attachments
from adapters.sources.files import lines
from adapters.sources.rest import RestSource
from adapters.sources.sftp import SftpSource
from adapters.transports.rest.answers import Answer
from hub.contracts import SourceUnavailable
from hub.documents import InvalidDocument
from hub.forces.registry import Registry
from hub.reports.content import Inspected
from tests.forces.conftest import DATA
from tests.hostile.cases import Case

_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_PIECE = 1 << 20
_LONGEST = 100  # bytes of a line
_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def attachment(case: Case) -> str:
    """A file's bytes, as they pass into the store under the media type that the submission gives."""
    passing = Inspected(cast(BinaryIO, BytesIO(case.body)), case.told)
    while passing.read(_PIECE):
        pass
    return passing.trouble() or "read"


def attachment_name(case: Case) -> str:
    """A file as a submission names it, where there are files beside it, a link, a pipe, and one that is nobody's business."""
    with TemporaryDirectory() as folder:
        beside = Path(folder) / "attachments" / _ID
        (beside / "folder.jpg").mkdir(parents=True)
        for path in (beside.parent / "secret.txt", Path(folder) / "secret.txt"):
            path.write_bytes(b"secret")
        for name in ("a.jpg", "o'r tŷ.jpg"):
            (beside / name).write_bytes(b"photo")
        (beside / "link.jpg").symlink_to(beside.parent / "secret.txt")
        os.mkfifo(beside / "pipe.jpg")
        found = Attachments.list(beside.parent).beside(orjson.dumps({"submissionId": _ID}))
        opener = found.openers().get(case.body.decode()) if found else None
        if opener is None:
            return "not-there"
        with opener() as file:
            return "read" if file.read() == b"photo" else "another file"


def ndjson(case: Case) -> str:
    """The lines of a file of many: how many bytes each has."""
    found = [str(len(line.body)) if line.body is not None else "too-large" for line in lines(BytesIO(case.body), _LONGEST)]
    return " ".join(found) if len(found) < 100 else "many"


class _Listing:
    """An SFTP client whose server lists what a case says."""

    def __init__(self, entries: list[tuple[str, int | None, int | None, int | None]]) -> None:
        self._entries = entries

    def listdir_attr(self, _: str) -> list[SFTPAttributes]:
        return [_listed(*entry) for entry in self._entries]


def _listed(name: str, mode: int | None, size: int | None, written: int | None) -> SFTPAttributes:
    entry = SFTPAttributes()
    entry.filename, entry.st_mode, entry.st_size, entry.st_mtime = name, mode, size, written
    return entry


def listing(case: Case) -> str:
    """A directory as a server lists it: the names that are taken for submissions, oldest first."""
    settings = {"host": "sftp.example", "host_key": _HOST_KEY, "credentials": "env:X", "settle_seconds": 0}
    client = cast(SFTPClient, _Listing([tuple(entry) for entry in orjson.loads(case.body)]))
    return " ".join(seen.name for seen in SftpSource(settings)._whole(client))


def feed(case: Case) -> str:
    """A page of the platform's feed: how many entries of it are on the feed's own host."""
    source = RestSource({"url": "https://platform.example/feed"})
    heard = Answer(int(case.told or 200), {}, case.body)
    source._asked = lambda *_: heard  # type: ignore[method-assign]
    try:
        return str(len(source._page(None)))
    except SourceUnavailable:
        return "unavailable"


def endpoints(case: Case) -> str:
    """The endpoints file: `read`, the force that it breaks alone, or `invalid`: drops could go anywhere."""
    path = _mappings() / "endpoints.yaml"
    path.write_bytes(case.body)
    try:
        broken = Registry.load(_mappings(), path).broken
    except InvalidDocument:
        return "invalid"
    return " ".join(broken) or "read"


@cache
def _mappings() -> Path:
    import atexit

    folder = Path(mkdtemp(prefix="hub-hostile-"))
    atexit.register(partial(shutil.rmtree, folder, ignore_errors=True))
    return Path(shutil.copytree(DATA / "mappings", folder / "mappings"))


def form(case: Case) -> str:
    """What is entered into an operator's form."""
    from flows.operate_forms import Reports

    try:
        Reports.model_validate_json(case.body)
    except ValidationError:
        return "refused"
    return "read"
