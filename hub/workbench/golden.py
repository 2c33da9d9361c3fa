"""Golden pairs of a profile: a report, and what it becomes, written so that a person can read and review it.

`golden/<name>.report.json` is the report in the wire's spelling, `<name>.expected.*` its payloads: `xml`, `json`, or for
several files `<table>.csv`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.documents import Document
from hub.forces.files import ForceFile, OtherEnd
from hub.forces.force import Route
from hub.forces.profiles import Profile
from hub.forces.routes import make_route
from hub.reports.model import Report
from hub.reports.validator import report_of_json
from hub.workbench.specimens import DROP

DAY = date(2026, 11, 22)  # the day by whose codes golden reports are mapped
_REPORT = ".report.json"


@dataclass(frozen=True, eq=False)
class Pair:
    """One golden pair; `expected` has its files by what their names end with."""

    name: str
    folder: Path

    @property
    def report(self) -> Report:
        """Raises ValidationError where the file is no report."""
        return report_of_json((self.folder / f"{self.name}{_REPORT}").read_bytes())

    @property
    def expected(self) -> Mapping[str, bytes]:
        start = f"{self.name}.expected."
        return {path.name.removeprefix(start): path.read_bytes() for path in sorted(self.folder.glob(f"{start}*"))}

    def path(self, ending: str) -> Path:
        return self.folder / f"{self.name}.expected.{ending}"


def pairs(profile: Path) -> Iterator[Pair]:
    """The golden pairs in a profile's folder, in order."""
    folder = profile / "golden"
    return (Pair(path.name.removesuffix(_REPORT), folder) for path in sorted(folder.glob(f"*{_REPORT}")))


def plain_route(profile: Profile) -> Route:
    """A route on a profile of which nothing is changed: what golden pairs are made with."""
    transport = profile.file.transport
    said = {
        "force": DROP.force,
        "name": "Golden",
        "nation": "England",
        "pnc_code": DROP.force_code,
        "records_system": {"style": profile.file.profile, "instance": "golden", "evidence": "none"},
        "services": {"default": "2021-01-01"},
        "routes": [
            {
                "name": DROP.route,
                "purpose": "primary",
                "profile": profile.file.profile,
                "endpoint": {"instance": "golden", "environment": "sandbox"},
                "transport": dict(transport),
            }
        ],
    }
    document = Document("forces/golden.yaml", {}, {}, {})
    file = ForceFile.model_validate(said)
    return make_route(file, file.routes[0], profile, document, ("routes", 0), profile.folder, OtherEnd())


def ending_of(payload_name: str, report: Report, suffix: str) -> str:
    """What a payload's golden file ends with: `xml`, `json`, `incidents.csv`."""
    rest = payload_name.removeprefix(f"{DROP.key}.").removeprefix(f"{report.submission_id}.")
    return "json" if rest == "ndjson" or suffix == "ndjson" else rest
