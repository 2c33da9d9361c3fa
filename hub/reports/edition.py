"""The edition of the reader: a short digest of all that decides how a submission is read.

Processes of one edition read the same bytes alike. One letter of this folder that is another, or one version of a library, makes
another edition: what an earlier one found clean is then read as if nobody had looked at it.
"""

import hashlib
import platform
from pathlib import Path

import msgspec
import orjson
import pydantic
import pydantic_core

_LENGTH = 16  # hex digits, beside each body: nobody chooses what is digested, so that two need only not meet by chance


def edition_of(folder: Path) -> str:
    """The edition that the modules in a folder are, with the libraries of this process."""
    versions = (platform.python_version(), pydantic.VERSION, pydantic_core.__version__, orjson.__version__, msgspec.__version__)
    whole = hashlib.sha256(" ".join(versions).encode())
    for module in sorted(folder.glob("*.py")):
        source = module.read_bytes()
        whole.update(f"\n{module.name} {len(source)}\n".encode() + source)
    return whole.hexdigest()[:_LENGTH]


EDITION = edition_of(Path(__file__).parent)  # when the reader is loaded, not later: an update may exchange the files under a process
