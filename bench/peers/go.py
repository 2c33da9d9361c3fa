"""How every peer begins: `ready` once its libraries are loaded, then it waits for a line, works, says how many seconds it took, and waits
for another line, until its processor time has been read.

Only the standard library is used: each peer runs in an environment of its own.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[str, Path, dict[str, Any]], None]  # shape, intake, server


def begin(work: Work) -> None:
    """`SHAPE INTAKE SERVER.json` are the arguments of every peer."""
    shape, intake, server = sys.argv[1:4]
    settings: dict[str, Any] = json.loads(Path(server).read_text())
    print("ready", flush=True)  # noqa: T201 - the line that the bench waits for
    sys.stdin.readline()
    began = time.monotonic()
    work(shape, Path(intake), settings)
    print(f"seconds {time.monotonic() - began}", flush=True)  # noqa: T201 - a peer's answer
    sys.stdin.readline()
