"""Coverage-guided fuzzing of what reads bytes from outside: no exception but the declared ones, no hang, no growth.

    python -m bench.fuzz --minutes 5 [--target intake|acknowledgements|mapping|answers|attachments|listing|feed] [--seed 1]

A loop of our own, without a library: an input that takes a new step from line to line of `hub/` or `adapters/` (`sys.settrace`) is kept and
mutated further. Ends with 1 and the input, in hex, at the first defect.
"""

import argparse
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import orjson

ROOT = Path(__file__).parents[1]
LONGEST = 5.0  # seconds for one input, traced
GROWTH = 200_000  # kilobytes of a whole run
LARGEST = 64_000  # bytes of an input
_WATCHED = tuple(f"{ROOT / room}/" for room in ("hub", "adapters"))
_PIECES = (
    b"[", b"]", b"{", b"}", b'"', b"\\", b":", b",", b"\0", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"1e999", b"9" * 400, b"null", b"true",
    b"&a ", b"*a", b"!!python/name:os ", b"<<: ", b"? ", b"- ", b"---\n", b"\n", b"<!DOCTYPE a [", b"<!ENTITY b 'c'>", b"&b;", b"<a>",
    b"</a>",
)  # fmt: skip

Target = Callable[[bytes], None]
Step = tuple[str, int, int]  # from one line to another, and the file that the other is in


class Hung(BaseException):
    """An input took longer than `LONGEST`. No `Exception`: what is fuzzed must not catch it."""


@dataclass
class Fuzzed:
    """What a run did: inputs, those that were kept, steps taken, and the defect that ended it (exception, input)."""

    inputs: int = 0
    corpus: list[bytes] = field(default_factory=list)
    steps: set[Step] = field(default_factory=set)
    grown: int = 0  # kilobytes
    defect: tuple[BaseException, bytes] | None = None


def fuzz(target: Target, seeds: Sequence[bytes], seconds: float, seed: int) -> Fuzzed:
    """Mutates until the time is up or a defect is found."""
    chance, done, end = random.Random(seed), Fuzzed(), time.monotonic() + seconds
    for one in seeds:
        _try(target, one, done)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while not done.defect and time.monotonic() < end:
        _try(target, _mutated(chance, done.corpus), done)
        done.grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        if done.grown > GROWTH:
            done.defect = (MemoryError(f"grown by {done.grown:,} kB"), b"")
    return done


def _try(target: Target, body: bytes, done: Fuzzed) -> None:
    reached: set[Step] = set()
    try:
        with _limited(), _traced(reached):
            target(body)
    except (Exception, Hung) as error:
        done.defect = (error, body)
    done.inputs += 1
    if not done.corpus or not reached <= done.steps:
        done.corpus.append(body)
        done.steps |= reached


@contextmanager
def _traced(reached: set[Step]) -> Iterator[None]:
    previous = 0

    def each(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal previous
        if not frame.f_code.co_filename.startswith(_WATCHED):
            return None
        if event == "line":
            reached.add((frame.f_code.co_filename, previous, frame.f_lineno))
            previous = frame.f_lineno
        return each

    before = sys.gettrace()
    sys.settrace(each)
    try:
        yield
    finally:
        sys.settrace(before)


@contextmanager
def _limited() -> Iterator[None]:
    def hung(_: int, __: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _mutated(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    body = chance.choice(corpus)
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        at = chance.randrange(len(body) + 1)
        end = min(len(body), at + chance.choice((0, 0, 1, 2, 8, 64)))
        other = chance.choice(corpus)
        cut = chance.randrange(len(other) + 1)
        new = chance.choice(
            (
                chance.choice(_PIECES),
                chance.choice(_PIECES) * chance.choice((2, 40, 2000)),
                chance.randbytes(3),
                other[cut : cut + 50],
                body[at:end] * 2,
                b"",
            )
        )
        body = (body[:at] + new + body[end:])[:LARGEST]
    return body


def intake(body: bytes) -> None:
    from hub.reports.reader import Unreadable, read

    with suppress(Unreadable):
        read(body)


def acknowledgements(body: bytes) -> None:
    from adapters.transports.acknowledgements import Malformed, parse_line
    from adapters.transports.rest import paging
    from adapters.transports.rest.answers import Answer
    from hub.contracts import Unavailable

    with suppress(Malformed):
        parse_line(body, "a:1", "a")
    with suppress(Unavailable):
        paging.read(Answer(200, {}, body), None)


def answers(body: bytes) -> None:
    from adapters.transports.rest.answers import Answer
    from adapters.transports.rest.paths import items_at, value_at

    heard = Answer(200, {}, body)
    for path in ("/data/0/id", "/id", "xml:Envelope/Case/@id", "xml:Envelope/Case", "body"):
        value_at(path, heard)
    items_at("xml:Envelope/Case", heard)
    items_at("/data", heard)


def mapping(body: bytes) -> None:
    """A profile's file, read and compiled."""
    from hub.documents import InvalidDocument
    from hub.forces.profiles import load_profile

    with TemporaryDirectory() as folder:
        home = Path(folder) / "collection-style"
        home.mkdir()
        (home / "profile.yaml").write_bytes(body)
        with suppress(InvalidDocument):
            load_profile(home)


def attachments(body: bytes) -> None:
    """A file under every media type that is let in."""
    from io import BytesIO

    from hub.reports.attachments import ALLOWED
    from hub.reports.content import Inspected

    for media_type in ALLOWED:
        passing = Inspected(BytesIO(body), media_type)
        while passing.read(1 << 16):
            pass
        passing.trouble()


def listing(body: bytes) -> None:
    """A directory whose entries have names, kinds, sizes and times made of these bytes."""
    from paramiko import SFTPAttributes

    from adapters.sources import sftp
    from adapters.transports.sftp import acknowledging

    for line in body.split(b"\n"):
        entry = SFTPAttributes()
        entry.filename = line[12:].decode("utf-8", "surrogateescape")
        entry.st_mode, entry.st_size, entry.st_mtime = (int.from_bytes(line[at : at + 4], "big") for at in (0, 4, 8))
        if sftp._is_submission(entry):
            sftp._seen(entry)
        acknowledging._is_ours(entry)


def feed(body: bytes) -> None:
    """A page of the platform's feed."""
    from adapters.sources.rest import RestSource
    from adapters.transports.rest.answers import Answer
    from hub.contracts import SourceUnavailable

    source = RestSource({"url": "https://platform.example/feed"})
    source._asked = lambda *_: Answer(200, {}, body)  # type: ignore[method-assign]
    with suppress(SourceUnavailable):
        source._page(None)


def _seeds() -> dict[str, list[bytes]]:
    report = (
        b'{"submissionId":"0f3c0000-0000-4000-8000-000000000001","customerReferenceNumber":"SOH-26NOV-8F3K2A","forceIdentifier":"07",'
        b'"category":"OCR","submitTime":"2026-11-22T06:15:00+00:00","submissionContent":"OFFICIAL\\nx","digitalReport":{"people":[{"id":"P1",'
        b'"roles":["reporter"],"disability":"no","dateOfBirth":"1980-02-03"}],"incident":{"occurredFrom":"2026-11-21T22:00:00Z"},'
        b'"locations":[{"id":"L1","latitude":53.1}],"property":[{"id":"I1","status":"stolen","value":"4.50"}]},'
        b'"attachments":[{"name":"a.jpg","mediaType":"image/jpeg","size":3,"sha256":"' + b"ab" * 32 + b'"}]}'
    )
    said = b'{"id":"1","submission_id":"0f8fad5b-d9cb-469f-a165-70867728950e","outcome":"accepted","reference":"N-1","at":"2026-11-22"}'
    profiles = [
        path.read_bytes()
        for path in sorted((ROOT / "mappings" / "profiles").glob("*/profile.yaml"), key=lambda one: one.stat().st_size)[:3]
    ]
    return {
        "intake": [report],
        "acknowledgements": [said, b'{"data":[' + said + b'],"next":"7"}'],
        "mapping": [b"profile: collection-style\nfields:\n  a: {from: text, max: 3}\nignore: {marking: known}\n", *profiles],
        "attachments": _files(),
        "listing": [b"\0\0\x81\xa4\0\0\0\3\0\0\0\7a.json\n\0\0\x81\xa4\0\0\0\3\0\0\0\7a.ack.json"],
        "feed": [b'{"data":[{"id":"1","submission":"/s/1","attachments":{"a.jpg":"https://platform.example/a"}}]}'],
        "answers": [b'{"data":[{"id":"7"}]}', b'<Envelope><Case id="1">x</Case></Envelope>', b"plain"],
    }


def _files() -> list[bytes]:
    """What is let in and what is not, of every kind."""
    cases = orjson.loads((ROOT / "tests" / "hostile" / "data" / "attachment.json").read_bytes())
    return [body for case in cases if 8 < len(body := bytes.fromhex(case.get("hex", ""))) < 4_000]


TARGETS: dict[str, Target] = {
    "intake": intake,
    "acknowledgements": acknowledgements,
    "mapping": mapping,
    "answers": answers,
    "attachments": attachments,
    "listing": listing,
    "feed": feed,
}


def run(name: str, seconds: float, seed: int) -> Fuzzed:
    """Fuzzes one target from its own seeds."""
    return fuzz(TARGETS[name], _seeds()[name], seconds, seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzzes each target for its share of the time; ends with 1 at the first defect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args(arguments)
    names = said.target or list(TARGETS)
    for name in names:
        done = run(name, said.minutes * 60 / len(names), said.seed)
        print(f"{name}: {done.inputs:,} inputs, {len(done.corpus)} kept, {len(done.steps):,} steps, {done.grown:,} kB grown")  # noqa: T201 - what it is for
        if done.defect:
            print(f"  {type(done.defect[0]).__name__}: {done.defect[0]}\n  {done.defect[1].hex()}")  # noqa: T201 - as above
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
