"""A source, a format, a far end and checks in memory: real classes that keep the contracts, and fail where a test says so."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NoReturn

import pytest

from hub.contracts import (
    STOPS,
    Absent,
    Acknowledgement,
    Became,
    DeliveryError,
    DropHeader,
    Encoded,
    Finding,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Spoilt,
    Submission,
    Uncertain,
    Unencodable,
)
from hub.mapping.record import Record
from hub.quality.checks import Finding as Failed
from hub.quality.checks import Looked, Verdict
from hub.reports.model import Report
from hub.words import Severity


@dataclass
class ListSource:
    """Submissions in a list, which are gone from it when they are settled."""

    waiting: list[Submission] = field(default_factory=list)
    name: str = "list"

    def submissions(self) -> Iterator[Submission]:
        yield from list(self.waiting)

    def settle(self, submissions: Sequence[Submission]) -> None:
        gone = {submission.arrival for submission in submissions}
        self.waiting = [submission for submission in self.waiting if submission.arrival not in gone]

    def close(self) -> None:
        pass


@dataclass
class Lines:
    """Writes each record's key on a line, `together` in one payload or each in its own.

    What stands in `unwritable` the schema will not have; on what is in `breaks_on` the format itself breaks; what is in
    `loses` it leaves out.
    """

    together: bool = False
    unwritable: dict[str, str] = field(default_factory=dict)
    breaks_on: set[str] = field(default_factory=set)
    loses: set[str] = field(default_factory=set)
    suffix: str = "txt"
    media_type: str = "text/plain"
    encoded: int = 0

    def encode(self, records: Sequence[Record], drop: DropHeader) -> Iterator[Encoded]:
        self.encoded += 1
        if broken := self.breaks_on.intersection(record.key for record in records):
            raise ZeroDivisionError(f"a value of {broken}")
        if faults := [(i, self.unwritable[r.key], "line/1") for i, r in enumerate(records) if r.key in self.unwritable]:
            raise Unencodable(faults)
        kept = [(index, record) for index, record in enumerate(records) if record.key not in self.loses]
        if self.together:
            body = "".join(f"{record.key}\n" for _, record in kept).encode()
            yield Encoded(drop.key, f"{drop.key}.txt", self.media_type, body, tuple(index for index, _ in kept))
            return
        for index, record in kept:
            yield Encoded(f"{drop.key}/{record.key}", f"{record.key}.txt", self.media_type, f"{record.key}\n".encode(), (index,))

    def count(self, body: bytes) -> int:
        return len(body.splitlines())


@dataclass(eq=False)
class Lost(Exception):
    """The answer to a send is lost on the way back; `kept` where the far end has the payload all the same."""

    kept: bool


Fault = BaseException | None


@dataclass
class FarEnd:
    """A far end that holds what it was sent. The next sends meet `faults`, in turn; look-ups answer `findings` while there are any.

    It fails the test when it is sent something that it holds.
    """

    parallel: int = 1
    faults: list[Fault] = field(default_factory=list)
    findings: list[Finding | Exception] = field(default_factory=list)
    refuses: dict[str, BaseException] = field(default_factory=dict)  # by the end of a payload's key
    held: dict[str, bytes] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)  # keys, as often as they were sent
    asked: list[str] = field(default_factory=list)  # keys that were looked up
    says: list[Acknowledgement] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)
    unreadable: int = 0  # acknowledgements that could not be read

    def send(self, payload: Payload) -> Receipt:
        self.sent.append(payload.key)
        fault = self.faults.pop(0) if self.faults else next((e for end, e in self.refuses.items() if payload.key.endswith(end)), None)
        if isinstance(fault, Lost):
            if fault.kept:
                self._keep(payload)
            raise Uncertain("timeout")
        if fault:
            raise fault
        self._keep(payload)
        return Receipt(payload.key, f"REF-{len(self.held)}", "http-201")

    def _keep(self, payload: Payload) -> None:
        assert payload.key not in self.held, f"{payload.key} was sent twice"
        with payload.open() as body:
            self.held[payload.key] = body.read()

    def find(self, payload: Payload) -> Finding:
        self.asked.append(payload.key)
        finding = self.findings.pop(0) if self.findings else Found("REF-0") if payload.key in self.held else Absent()
        if isinstance(finding, Exception):
            raise finding
        return finding

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:
        self.cursors.append(cursor)
        yield from (said for said in list(self.says) if said.batch not in self.settled)

    def settle(self, batch: str) -> None:
        self.settled.append(batch)

    def close(self) -> None:
        pass

    def sends(self) -> Counter[str]:
        return Counter(self.sent)


class Gathering(FarEnd):
    """A far end that is sent many payloads at a time, `side_by_side` of them at once; `gathered` is how many it was given each time."""

    def __init__(self) -> None:
        super().__init__()
        self.side_by_side = 1
        self.gathered: list[int] = []

    def send_together(self, payloads: Sequence[Payload], check: Callable[[], None]) -> list[Became | None]:
        self.gathered.append(len(payloads))
        told: list[Became | None] = []
        for payload in payloads:
            if any(isinstance(one, STOPS) for one in told[: 1 - self.side_by_side or None]):
                told.append(None)
                continue
            check()
            try:
                told.append(self.send(payload))
            except (DeliveryError, Misconfigured, Spoilt) as error:
                told.append(error)
        return told


@dataclass
class Judge:
    """Checks that find `amiss` what a test names: by submission id, a code and how grave it is."""

    amiss: dict[str, tuple[str, Severity]] = field(default_factory=dict)
    amiss_in_records: dict[str, tuple[str, Severity]] = field(default_factory=dict)
    breaks: Exception | None = None
    batches: list[int] = field(default_factory=list)

    def pool(self, _day: date) -> "Judging":
        return Judging(self)


@dataclass
class Judging:
    """A pool of such checks."""

    by: Judge
    keys: list[str] = field(default_factory=list)
    keys_of_records: list[tuple[str, str]] = field(default_factory=list)  # profile and key

    def reports(self, reports: Sequence[Report]) -> None:
        self.keys += [report.submission_id for report in reports]

    def records(self, profile: str, records: Sequence[Record]) -> None:
        self.keys_of_records += [(profile, record.key) for record in records]

    def judged(self, looked: Looked | None = None) -> Verdict:
        if self.by.breaks:
            raise self.by.breaks
        if looked is not None:
            looked.update({("test", code): len(self.keys) for code, _ in self.by.amiss.values()})
        self.by.batches.append(len(self.keys))
        of_reports, of_records = self.by.amiss, self.by.amiss_in_records
        return Verdict(
            [_failed(key, of_reports) for key in self.keys if key in of_reports],
            [replace(_failed(key, of_records), suite=profile) for profile, key in self.keys_of_records if key in of_records],
        )


def _failed(key: str, amiss: dict[str, tuple[str, Severity]]) -> Failed:
    code, severity = amiss[key]
    return Failed(key, code, severity, "test", "people.family_name")


@contextmanager
def broken(target: str, error: Exception) -> Iterator[None]:
    """While the block runs, what the name stands for raises this."""

    def breaks(*_: object, **__: object) -> NoReturn:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, breaks)
        yield
