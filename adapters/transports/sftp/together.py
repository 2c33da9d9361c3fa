"""Many small files at once: each step of all of them before the next step of any, so that no file is waited for by itself.

The steps of a file are those of `SftpTransport.send`: its name is free, a temporary name, all its bytes, their number, the rename.
What is out of the ordinary (a name that is not free, a file that cannot be opened) is left to `send`, one after the other.
"""

import hashlib
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from errno import ENOENT

from adapters.transports.sftp import pipeline
from adapters.transports.sftp.pipeline import Answer, Pipeline
from adapters.transports.sftp.uploading import CHUNK, new_part
from hub.contracts import Became, Payload

SMALL = 8 * CHUNK  # bytes: a file up to this size is sent with others
AT_ONCE = 32  # files: servers limit how many may be open
TOGETHER = 128 * CHUNK  # bytes of all files that are on their way at once


@dataclass(slots=True)
class File:
    """One file on its way: `told` is what became of it.

    `is_alone` where it is left to `send`; `is_written` once it lies whole under `part`; `has_answer` once its rename was answered.
    """

    payload: Payload
    final: str
    part: str
    body: bytes = b""
    handle: bytes = b""
    error: OSError | None = None  # that the server answered
    told: Became | None = None
    is_alone: bool = False
    is_written: bool = False
    has_answer: bool = False


def batches(payloads: Sequence[Payload]) -> Iterator[Sequence[Payload]]:
    """What is sent together, in the order given; a large file by itself."""
    some: list[Payload] = []
    size = 0
    for payload in payloads:
        if some and (len(some) == AT_ONCE or max(payload.size, some[0].size) > SMALL or size + payload.size > TOGETHER):
            yield some
            some, size = [], 0
        some.append(payload)
        size += payload.size
    if some:
        yield some


def file_of(payload: Payload, directory: str) -> File:
    """Nothing is begun."""
    return File(payload, posixpath.join(directory, payload.name), new_part(directory, payload))


def is_as_sealed(file: File) -> bool:
    """Whether the bytes are those that were sealed."""
    return len(file.body) == file.payload.size and hashlib.sha256(file.body).hexdigest() == file.payload.digest


def write(asked: Pipeline, files: Sequence[File]) -> None:
    """Brings the files under their temporary names, as far as the server lets us. Raises what a pipeline raises: then none has its name."""
    free = [file for file, answer in _each(files, asked.ask([pipeline.stat(file.final) for file in files])) if _is_free(file, answer)]
    opened = [file for file, answer in _each(free, asked.ask([pipeline.create(file.part) for file in free])) if _is_open(file, answer)]
    _write(asked, opened)
    for file, answer in _each(opened, asked.ask([pipeline.close(file.handle) for file in opened])):
        file.error = file.error or answer.error
    _measure(asked, [file for file in opened if file.error is None])
    discard(asked, [file for file in opened if not file.is_written])


def rename(asked: Pipeline, files: Sequence[File]) -> None:
    """Gives them their names. From here on each may have arrived. Raises what a pipeline raises: some may have their answers before."""
    first = asked.send([pipeline.posix_rename(file.part, file.final) for file in files])
    answers: dict[int, Answer] = {}
    try:
        asked.receive(first, len(files), answers)
    finally:
        for number, file in enumerate(files, first):
            if number in answers:
                file.error, file.has_answer = answers[number].error, True


def discard(asked: Pipeline, files: Sequence[File]) -> None:
    """Removes their temporary files, where that can be done."""
    asked.ask([pipeline.remove(file.part) for file in files])


def _is_free(file: File, answer: Answer) -> bool:
    file.is_alone = answer.error is None or answer.error.errno != ENOENT
    return not file.is_alone


def _is_open(file: File, answer: Answer) -> bool:
    file.is_alone = answer.error is not None
    file.handle = b"" if file.is_alone else answer.handle
    return not file.is_alone


def _write(asked: Pipeline, files: Sequence[File]) -> None:
    parts = [(file, offset) for file in files for offset in range(0, len(file.body), CHUNK)]
    requests = [pipeline.write(file.handle, offset, file.body[offset : offset + CHUNK]) for file, offset in parts]
    for (file, _), answer in zip(parts, asked.ask(requests), strict=True):
        file.error = file.error or answer.error


def _measure(asked: Pipeline, files: Sequence[File]) -> None:
    """Whether the server has as many bytes as it was sent, as far as it says."""
    for file, answer in _each(files, asked.ask([pipeline.stat(file.part) for file in files])):
        file.is_written = answer.error is not None or answer.size in (None, file.payload.size)


def _each(files: Sequence[File], answers: Sequence[Answer]) -> Iterator[tuple[File, Answer]]:
    return zip(files, answers, strict=True)
