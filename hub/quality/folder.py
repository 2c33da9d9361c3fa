"""The folder of suites, read whole: one for every report, one per service, one per profile's records, one for the volumes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, TypeVar

from hub.causes import CODES
from hub.documents import Document, Fault, InvalidDocument, did_you_mean, read
from hub.quality.suite import RecordSuite, ReportSuite, Rule, Suite, VolumeSuite
from hub.reports.services import MODELLED, SKELETONS

S = TypeVar("S", bound=Suite[Any])
SKELETON = "skeleton"  # the suite of every service that is not modelled
SUITE_OF: Mapping[str, str] = {service: service for service in MODELLED} | dict.fromkeys(SKELETONS, SKELETON)


_PLACES = "suites are report.yaml, volumes.yaml, services/<service>.yaml and profiles/<profile>.yaml"


@dataclass(frozen=True)
class Suites:
    """Every suite of a folder; those of services and of profiles by name."""

    report: ReportSuite
    services: Mapping[str, ReportSuite]
    profiles: Mapping[str, RecordSuite]
    volumes: VolumeSuite

    def rules(self) -> Iterator[tuple[Suite[Any], Rule]]:
        """Every rule with its suite, in the order of the files."""
        every: tuple[Suite[Any], ...] = (self.report, *self.services.values(), *self.profiles.values(), self.volumes)
        return ((suite, rule) for suite in every for rule in suite.rules)


@dataclass(frozen=True)
class _Loaded:
    place: PurePath  # in the folder: `services/crime.yaml`
    document: Document
    suite: Suite[Any]


def read_suites(folder: Path) -> Suites:
    """The suites of a folder. Raises InvalidDocument with everything that is wrong in any of its files."""
    faults: list[Fault] = []
    loaded: list[_Loaded] = []
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            loaded.append(_load(path, path.relative_to(folder)))
        except InvalidDocument as invalid:
            faults += invalid.faults
    faults += [*_missing(folder), *_misnamed(loaded), *_twice(loaded)]
    if faults:
        raise InvalidDocument(faults)
    (report,), (volumes,) = _in(loaded, ".", ReportSuite), _in(loaded, ".", VolumeSuite)
    services, profiles = _in(loaded, "services", ReportSuite), _in(loaded, "profiles", RecordSuite)
    return Suites(report, {suite.suite: suite for suite in services}, {suite.suite: suite for suite in profiles}, volumes)


def _load(path: Path, place: PurePath) -> _Loaded:
    document, model = read(path), _model(place)
    if model is None:
        raise InvalidDocument(
            [document.fault((), "no suite is looked for here", hint=did_you_mean(place.stem, SUITE_OF.values()) or _PLACES)]
        )
    return _Loaded(place, document, document.check(model))


def _model(place: PurePath) -> type[Suite[Any]] | None:
    match place.parts:
        case ("report.yaml",):
            return ReportSuite
        case ("volumes.yaml",):
            return VolumeSuite
        case ("services", _) if place.stem in SUITE_OF.values() and place.suffix == ".yaml":
            return ReportSuite
        case ("profiles", _) if place.suffix == ".yaml":
            return RecordSuite
    return None


def _in(loaded: Sequence[_Loaded], parent: str, model: type[S]) -> list[S]:
    return [one.suite for one in loaded if str(one.place.parent) == parent and isinstance(one.suite, model)]


def _missing(folder: Path) -> Iterator[Fault]:
    """A service without a suite would go unchecked without a word."""
    for place in ("report.yaml", "volumes.yaml", *(f"services/{name}.yaml" for name in dict.fromkeys(SUITE_OF.values()))):
        if not (folder / place).exists():
            yield Fault(f"{folder.name}/{place}", 1, 1, "the suite is missing", "write it: docs/checks.md says how")


def _misnamed(loaded: Sequence[_Loaded]) -> Iterator[Fault]:
    for one in loaded:
        if one.suite.suite != one.place.stem:
            yield one.document.fault(("suite",), f"the suite's name should be its file's: {one.place.stem}")


def _twice(loaded: Sequence[_Loaded]) -> Iterator[Fault]:
    """Codes are stable and mean one thing, over all suites and the hub's own."""
    seen = dict.fromkeys(CODES, "the hub itself (hub/causes.py)")
    for one in loaded:
        for number, rule in enumerate(one.suite.rules):
            if rule.code in seen:
                yield one.document.fault(
                    ("rules", number, "code"), f"the code {rule.code!r} stands twice", hint=f"the first is of {seen[rule.code]}"
                )
            seen.setdefault(rule.code, str(one.place))
