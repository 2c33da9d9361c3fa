"""Submissions onto a disk as the platform writes them: attachments first, then the file under another name, then renamed."""

import os
from collections.abc import Sequence
from pathlib import Path

from sandbox.sample.attachments import File

NDJSON_SHARE = 0.2  # of all submissions; the rest have a file each


class Intake:
    """An intake folder being filled. Files sort by name and by time as they were written.

    Of each block of submissions the last come in one NDJSON file of `lines` lines. Raises FileExistsError where something
    lies there already.
    """

    def __init__(self, folder: Path, total: int, lines: int) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder.name} is not empty: choose another --out, or clear it")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lines = min(lines, max(1, int(total * NDJSON_SHARE)))
        self._block = round(self._lines / NDJSON_SHARE)
        self._count = 0
        self._open: list[bytes] = []

    def add(self, body: bytes, submission_id: str | None, files: Sequence[File] = ()) -> tuple[str, int | None]:
        """Write a submission; the name of its file, and its line there."""
        self._attach(submission_id, files)
        at, self._count = self._count, self._count + 1
        first_line = at - at % self._block + self._block - self._lines
        if at < first_line:
            return self._write(f"{at:07d}.json", body), None
        self._open.append(body)
        if at + 1 == first_line + self._lines:
            self.close()
        return f"{first_line:07d}.ndjson", at - first_line + 1

    def close(self) -> None:
        """Write the lines that are still held back."""
        if self._open:
            self._write(f"{self._count - len(self._open):07d}.ndjson", b"\n".join(self._open) + b"\n")
            self._open = []

    def _attach(self, submission_id: str | None, files: Sequence[File]) -> None:
        if submission_id and files:
            beside = self._folder / "attachments" / submission_id
            beside.mkdir(parents=True)
            for file in files:
                (beside / file.name).write_bytes(file.body)

    def _write(self, name: str, body: bytes) -> str:
        whole, part = f"{self._folder}/{name}", f"{self._folder}/.{name}.part"
        with open(part, "wb", buffering=0) as file:
            file.write(body)
        os.rename(part, whole)
        return name
