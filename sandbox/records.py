"""The records system behind a stand-in: what it says of each report, and the numbers that it gives."""

from collections import Counter
from collections.abc import Iterable

from hub.clock import Clock
from sandbox.holdings import HeldReport
from sandbox.reading import Seen
from sandbox.stands import Stand
from sandbox.striking import Faults

NOT_RECORDABLE = "SOH-ZZ"  # customer references that begin so are taken, and rejected afterwards
BREAKS_A_RULE = "SOH-YY"  # and these are refused at once, where the far end can answer at once


class Numbers:
    """The running numbers of every instance: forces that share one share its numbers, as they do in life."""

    def __init__(self) -> None:
        self._last: Counter[tuple[str, str]] = Counter()

    def restore(self, stand: Stand, reports: Iterable[HeldReport]) -> None:
        """Goes on after the highest number that an earlier run gave."""
        given = (int(report.their_reference.rpartition("-")[2]) for report in reports if report.their_reference)
        key = (stand.instance, stand.style)
        self._last[key] = max(self._last[key], max(given, default=0))

    def next(self, instance: str, style: str) -> int:
        """The next number of the records system of this style at this instance."""
        self._last[instance, style] += 1
        return self._last[instance, style]


class RecordsSystem:
    """Judges the reports of one stand, as far as the outside sees it."""

    def __init__(self, stand: Stand, numbers: Numbers, faults: Faults, clock: Clock) -> None:
        self.stand = stand
        self._style = stand.style
        self._numbers = numbers
        self._faults = faults
        self._clock = clock

    def judge(self, seen: Seen, payload: str) -> HeldReport:
        """Accepted with a reference of its own (`NICHE-2026-000123`), or rejected with a reason."""
        now = self._clock.now()
        if reason := self._reason(seen):
            return HeldReport(seen.submission_id, seen.reference, False, None, reason, now, payload)
        number = f"{self._style}-{now.year}-{self._numbers.next(self.stand.instance, self._style):06}"
        return HeldReport(seen.submission_id, seen.reference, True, number, None, now, payload)

    def breaks_a_rule(self, seen: Seen) -> bool:
        """Whether the report is one that it refuses before taking it."""
        return seen.reference.startswith(BREAKS_A_RULE) or self._faults.strikes("refuse", "post", self.stand) is not None

    def _reason(self, seen: Seen) -> str | None:
        if seen.reference.startswith(NOT_RECORDABLE):
            return "not-recordable"
        return "not-our-area" if self._faults.strikes("reject", "judge", self.stand) else None
