import errno
import os
from pathlib import Path

import pytest

from adapters.outcomes.folder import FolderPlatform
from hub.contracts import Misconfigured, Unavailable
from tests.conformance.platforms import notice


def test_the_file_has_the_notices_name_and_nothing_else_lies_beside_it(tmp_path: Path) -> None:
    FolderPlatform({"path": str(tmp_path)}).tell(notice(17))
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.k7q2.000017.ndjson"]


def test_a_file_that_lies_there_is_not_written_again(tmp_path: Path) -> None:
    platform = FolderPlatform({"path": str(tmp_path)})
    platform.tell(notice(1))
    (path,) = tmp_path.iterdir()
    before = path.stat()
    platform.tell(notice(1))
    assert path.stat() == before


def test_what_the_platform_took_away_is_the_same_file_again(tmp_path: Path) -> None:
    platform = FolderPlatform({"path": str(tmp_path)})
    platform.tell(notice(1))
    (path,) = tmp_path.iterdir()
    taken = path.read_bytes()
    path.unlink()
    platform.tell(notice(1))
    assert path.read_bytes() == taken


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, Unavailable), (errno.EIO, Unavailable), (errno.EACCES, Misconfigured), (errno.EROFS, Misconfigured)],
    ids=["disk full", "broken disk", "not allowed", "read-only"],
)
def test_a_disk_that_fails_leaves_no_part_behind_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def fails(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(error, match=os.strerror(number)):
        FolderPlatform({"path": str(tmp_path)}).tell(notice(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("settings", [{}, {"path": "/x", "folder": "/y"}], ids=["without a path", "with an unknown setting"])
def test_wrong_settings_are_named(settings: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match=r"platform 'folder': (path|unknown setting 'folder')"):
        FolderPlatform(settings)
