"""A large attachment costs no memory from the intake to the far end, and many cost no open files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from hub.ledger.store import Store
from tests.servers.openssh import OpenSSH
from tests.steps.house import ESSEX, House, sent

_ONE = """
import sys, hashlib, os, re
from pathlib import Path
from adapters.transports.sftp.transport import SftpTransport
from hub.contracts import Payload
from hub.ledger.sealed import open_sealed
from hub.ledger.store import Store
from hub.words import PayloadKind
from functools import partial
import json
file, store, settings = Path(sys.argv[1]), Store(sys.argv[2]), json.loads(sys.argv[3])
with file.open("rb") as source:
    kept = store.stream("kent", source)
opens = partial(open_sealed, store, kept.body, kept.uri, file.name, kept.size, kept.digest)
transport = SftpTransport(settings)
assert transport.send(Payload(file.name, file.name, PayloadKind.ATTACHMENT, "video/mp4", kept.size, kept.digest, opens)).detail == "renamed"
transport.close()
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def _peak(server: OpenSSH, folder: Path, name: str, size: int) -> int:
    """KiB that the hub's process had at most while a file of this size went from the intake to the force."""
    arriving, _ = server.drop(f"{folder.name}-{name}")
    file = folder / f"{name}.mp4"
    with file.open("wb") as video:
        video.truncate(size)
    settings = json.dumps(server.settings(arriving))
    command = [sys.executable, "-c", _ONE, str(file), str(folder / "store"), settings]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert (arriving / file.name).stat().st_size == size
    return int(done.stdout)


def test_64_megabytes_take_no_more_memory_than_one(openssh: OpenSSH, tmp_path: Path) -> None:
    small, large = (_peak(openssh, tmp_path, name, size) for name, size in (("small", 1_000_000), ("large", 64_000_000)))
    assert large - small < 16 * 1024


def test_a_drop_of_many_attachments_holds_one_file_open_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[BinaryIO] = []
    open_at_once: list[int] = []
    really = Store.open

    def watched(store: Store, body: bytes | None, uri: str | None, secret: bytes | None = None) -> BinaryIO:
        file = really(store, body, uri, secret)
        opened.append(file)
        open_at_once.append(sum(not one.closed for one in opened))
        return file

    house.pick_up(sent(1, ESSEX, {f"{number}.txt": f"photo {number}".encode() for number in range(100)}))
    monkeypatch.setattr(Store, "open", watched)
    house.prepare()
    house.deliver()
    assert house.states() == ["delivered"]
    assert len(opened) == 100
    assert max(open_at_once) == 1
