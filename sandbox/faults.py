"""Faults on demand: what there is, which of them strike now, and how often they have.

A sandbox folder's `faults.json` lists those that strike; it is replaced as a whole and read again at once. Whenever one has
struck, a line is added to `struck.ndjson`. What decides is `sandbox/striking.py`; what a fault does stands at its point.
"""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import orjson

from sandbox.files import write_whole
from sandbox.holdings import read_lines
from sandbox.stands import HABITS, Stand

CONTROL = "faults.json"
STRUCK = "struck.ndjson"

SFTP_REQUESTS = ("list", "stat", "open", "read", "write", "close", "rename", "remove")
REST_REQUESTS = ("post", "put", "find", "acknowledgements")
POINTS = ("connect", "login", *SFTP_REQUESTS, *REST_REQUESTS, "judge", "acknowledge")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does, the points where it strikes by itself, and others that it may be told to strike at."""

    what: str
    points: tuple[str, ...]
    elsewhere: tuple[str, ...] = ()


KINDS = {
    "connection-refused": Kind("the instance is down: its port is closed (for `seconds`), what was connected is cut", ("connect",)),
    "wrong-host-key": Kind("SFTP: shows another host key", ("connect",)),
    "expired-certificate": Kind("REST over TLS: shows a certificate that has expired", ("connect",)),
    "password-refused": Kind("SFTP: refuses the password; REST: the API key (401)", ("login",)),
    "permission-denied": Kind("SFTP: a file may not be written; REST: 403", ("open", "post", "put")),
    "disk-full": Kind("SFTP: a write fails; REST: 507, and takes nothing", ("write", "post", "put")),
    "rename-fails": Kind("SFTP: a file cannot be renamed", ("rename",)),
    "status": Kind("REST: answers with `status` (and `retry_after`) and takes nothing", REST_REQUESTS),
    "reset": Kind(
        "resets the connection in the middle of an upload, before anything is taken",
        ("write", "post", "put"),
        ("connect", "login", *SFTP_REQUESTS, *REST_REQUESTS),
    ),
    "stall": Kind(
        "does nothing and says nothing for `seconds`, or until the client is gone",
        ("write", "post", "put"),
        ("connect", "login", *SFTP_REQUESTS, *REST_REQUESTS),
    ),
    "drip": Kind(
        "SFTP: answers each request after `seconds`; REST: takes the report and answers a byte every `seconds`",
        ("write", "post", "put"),
        (*SFTP_REQUESTS, *REST_REQUESTS),
    ),
    "lost-response": Kind(
        "does it (renames; takes the report), then cuts the connection without an answer",
        ("rename", "post", "put"),
        (*SFTP_REQUESTS, *REST_REQUESTS),
    ),
    "truncated": Kind(
        "SFTP: keeps the first kilobyte of a file, without a word; REST: takes the report, and breaks off within the answer",
        ("open", "post", "put"),
        REST_REQUESTS,
    ),
    "wrong-content-type": Kind("REST: takes the report, and answers with a page of HTML", ("post", "put"), REST_REQUESTS),
    "refuse": Kind("REST: refuses the report by a business rule (422); `every` 2: half of them", ("post",)),
    "reject": Kind("takes the report, and rejects it in its acknowledgement; `every` 2: half of them", ("judge",)),
    "silent": Kind("takes what comes and does not acknowledge it", ("acknowledge", "acknowledgements")),
}

_PASSING = ("connection-refused", "reset", "stall", "drip", "lost-response", "truncated", "wrong-content-type", "disk-full", "rename-fails")
_BUSY = (429, 500, 503)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, or a habit given for a while. Without a force it strikes all of them.

    `every` 2 strikes every second time, `times` ends it, `probability` leaves each time to chance: the same `seed` strikes each
    stand at the same of its requests. `at` names one of `POINTS` where it strikes instead of its own.
    """

    kind: str
    force: str | None = None
    route: str | None = None
    at: str | None = None
    times: int | None = None
    every: int = 1
    probability: float | None = None
    seed: int = 0
    seconds: float | None = None
    status: int = 503
    retry_after: int | None = None  # seconds

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.kind not in HABITS:
            raise ValueError(f"no fault {self.kind!r}: there are {', '.join([*KINDS, *HABITS])}")
        if self.every < 1:
            raise ValueError("a fault strikes every 1st time or more rarely: `every` is at least 1")
        if self.at is not None and self.at not in self.may_strike_at:
            raise ValueError(f"{self.kind} does not strike at {self.at!r}: it may at {', '.join(self.may_strike_at) or 'no point'}")

    @property
    def may_strike_at(self) -> tuple[str, ...]:
        """All points where it can be told to strike; a habit has none."""
        kind = KINDS.get(self.kind)
        return tuple(dict.fromkeys((*kind.points, *kind.elsewhere))) if kind else ()

    def strikes_at(self, point: str) -> bool:
        return point == self.at if self.at else point in KINDS[self.kind].points

    def is_for(self, stand: Stand) -> bool:
        return self.force in (None, stand.force) and self.route in (None, stand.route)


def set_faults(folder: Path, *faults: Fault) -> None:
    """From now on these strike in the sandbox of this folder, and no others; each begins to count anew."""
    write_whole(folder / CONTROL, orjson.dumps(faults))


def read_faults(folder: Path) -> list[Fault]:
    """Those that strike now. Raises ValueError where somebody wrote one that there is not."""
    path = folder / CONTROL
    rows: list[dict[str, Any]] = orjson.loads(path.read_bytes()) if path.exists() else []
    known = {field.name for field in fields(Fault)}
    return [Fault(**{name: value for name, value in row.items() if name in known}) for row in rows]


def struck(folder: Path) -> Counter[str]:
    """How often each kind has struck in this folder since it was made. A habit is no fault, and is not counted."""
    return Counter(line["kind"] for line in read_lines(folder / STRUCK))


def note(folder: Path, kind: str, point: str, stand: Stand) -> None:
    """Counts a stroke: one line, written with one call, so that both processes can."""
    line = orjson.dumps({"kind": kind, "point": point, "force": stand.force, "route": stand.route}, option=orjson.OPT_APPEND_NEWLINE)
    journal = os.open(folder / STRUCK, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(journal, line)
    finally:
        os.close(journal)


def at_random(seed: int, probability: float = 0.01, seconds: float = 0.5) -> tuple[Fault, ...]:
    """Faults for a chaos run: every kind that passes by itself and leaves nothing for a person, each as likely at every chance."""
    busy = [Fault("status", status=status, retry_after=1, probability=probability, seed=seed) for status in _BUSY]
    return (*busy, *(Fault(kind, seconds=seconds, probability=probability, seed=seed) for kind in _PASSING))


def parse(text: str) -> Fault:
    """A fault as a person writes it: `KIND[:FORCE[:ROUTE]][,NAME=VALUE…]`, `status:kent,status=429,times=3`. Raises ValueError."""
    head, *pairs = text.split(",")
    kind, *where = head.split(":")
    given = dict(zip(("force", "route"), where, strict=False)) if len(where) <= 2 else {"": ""}
    given |= {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    return Fault(kind, **{name: _value(name, value) for name, value in given.items()})


def _value(name: str, text: str) -> Any:
    types: dict[str, type] = {"force": str, "route": str, "at": str, "probability": float, "seconds": float}
    numbers: Iterable[str] = ("times", "every", "seed", "status", "retry_after")
    types |= dict.fromkeys(numbers, int)
    if name not in types:
        raise ValueError(f"a fault has no {name!r}: write KIND[:FORCE[:ROUTE]][,NAME=VALUE…] with {', '.join(types)}")
    try:
        return types[name](text)
    except ValueError:
        raise ValueError(f"{name}={text} is no number") from None
