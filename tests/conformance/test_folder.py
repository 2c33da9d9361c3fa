"""The folder source keeps its promises: a file for each submission, and many in one file."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from adapters.registry import make_source
from tests.conformance.sources import SourcePromises, SourceSubject


def attach(intake: Path, body: bytes, attachments: Mapping[str, bytes]) -> None:
    """Writes what comes beside a submission, before it."""
    if attachments:
        folder = intake / "attachments" / orjson.loads(body)["submissionId"]
        folder.mkdir(parents=True)
        for name, content in attachments.items():
            (folder / name).write_bytes(content)


class TestFolder(SourcePromises):
    adapter = "folder"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> SourceSubject:
        numbers = itertools.count()

        def arrive(body: bytes, attachments: Mapping[str, bytes]) -> None:
            attach(tmp_path, body, attachments)
            number = next(numbers)
            part = tmp_path / f".{number}.part"
            part.write_bytes(body)
            os.utime(part, ns=(0, number))
            part.rename(tmp_path / f"{9 - number % 10}.json")  # by name they would come the other way round

        return SourceSubject(
            make=lambda: make_source("folder", {"path": tmp_path, "settle_seconds": 0}),
            arrive=arrive,
            left=lambda: sum(path.is_file() for path in tmp_path.rglob("*")),
        )
