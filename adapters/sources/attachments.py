"""The files that come beside a submission: `attachments/<submissionId>/<name>`.

What a submission says never becomes a path: the folder is listed, and an id or a name that it lists is looked up among them.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from adapters.sources.files import Identity, is_leaving, open_regular, put_right, remove, shown
from adapters.sources.mentioned import submission_id_among


@dataclass(frozen=True, slots=True)
class Beside:
    """What lay beside one submission when it was read, and which of it was asked for."""

    folder: Path
    files: Mapping[str, Identity] = field(default_factory=dict)  # by the name on the disk
    opened: set[str] = field(default_factory=set)

    def openers(self) -> dict[str, Callable[[], BinaryIO]]:
        """How to open each of them, by name."""
        return {shown(name): partial(self._open, name) for name in self.files}

    def let_go(self) -> None:
        """Deletes those that were opened, and their folder where nothing is left in it: what nobody asked for, nobody has.

        Harmless when they are gone.
        """
        for name in self.opened:
            remove(self.folder / name, self.files[name])
        try:
            self.folder.rmdir()
        except OSError:
            return  # gone, or something was sent anew or never asked for

    def _open(self, name: str) -> BinaryIO:
        """The file; what became of it in the meantime (a link, a folder) counts as not being there. Raises FileNotFoundError."""
        try:
            stream = open_regular(self.folder / name)
        except OSError:
            raise FileNotFoundError from None
        self.opened.add(name)
        return stream


@dataclass(frozen=True, slots=True)
class Attachments:
    """The attachments folder, as it was listed."""

    folder: Path
    ids: frozenset[str]

    @classmethod
    def list(cls, folder: Path) -> "Attachments":
        """Which submissions have attachments. Raises OSError."""
        try:
            with os.scandir(folder) as entries:
                return cls(folder, frozenset(entry.name for entry in entries if entry.is_dir(follow_symlinks=False)))
        except FileNotFoundError:
            return cls(folder, frozenset())

    def beside(self, body: bytes) -> Beside | None:
        """The files beside a submission; None where it has none. Raises OSError."""
        submission_id = submission_id_among(body, self.ids) if self.ids else None
        if submission_id is None:
            return None
        folder = self.folder / submission_id
        try:
            return Beside(folder, _listed(folder))
        except FileNotFoundError:
            return None


def _listed(folder: Path) -> dict[str, Identity]:
    """Regular files alone, each of which we may read. One on its way out, where a hub ended or another is at it, goes. Raises OSError."""
    files: dict[str, Identity] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_leaving(entry.name) and entry.is_file(follow_symlinks=False):
                put_right(entry.path)
            elif entry.is_file(follow_symlinks=False):
                files[entry.name] = Identity.of(entry.stat(follow_symlinks=False))
                if not os.access(entry.path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
                    raise PermissionError
    return files
