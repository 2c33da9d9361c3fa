"""What must become of every submission of a sample: `expected.json`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Fate:
    """What must become of one submission. `lane` is None where nobody can or need say."""

    file: str
    line: int | None  # from 1, in an NDJSON file
    submission_id: str | None
    force: str
    service: str
    outcome: str  # accepted, quarantined, duplicate, held
    code: str | None
    lane: str | None


@dataclass(slots=True)
class Expected:
    """What must become of a sample. `planted` counts the kinds of faults; `made_up` are the forces without real incidents."""

    seed: int
    at: datetime
    incidents: str
    planted: Mapping[str, int] = field(default_factory=dict)
    made_up: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    submissions: list[Fate] = field(default_factory=list)

    @property
    def reports(self) -> int:
        return len(self.submissions)

    @property
    def totals(self) -> dict[str, int]:
        return dict(sorted(Counter(fate.outcome for fate in self.submissions).items()))

    def write(self, path: Path) -> None:
        head = {"seed": self.seed, "at": self.at.isoformat(), "reports": self.reports, "totals": self.totals}
        rest = {"incidents": self.incidents, "planted": self.planted, "made_up": self.made_up, "notes": self.notes}
        path.write_bytes(orjson.dumps(head | rest | {"submissions": self.submissions}, option=orjson.OPT_INDENT_2))
