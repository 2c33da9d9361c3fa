"""What a route's format makes of made-up reports and of its profile's golden pairs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.contracts import Format
    from hub.forces.force import Route
    from hub.forces.profiles import Profile
    from hub.mapping.record import Record
    from hub.workbench.golden import Pair
    from hub.workbench.specimens import Specimen


@dataclass
class Trial:
    """What became of made-up reports: how many went through, and each fault and signal with how often it came."""

    tried: int = 0
    bytes: int = 0
    invalid: Counter[str] = field(default_factory=Counter)  # the schema would not have them
    untranslated: Counter[str] = field(default_factory=Counter)  # a code without a translation
    missing: Counter[str] = field(default_factory=Counter)  # something is required that a report may not have
    signals: Counter[str] = field(default_factory=Counter)
    records: "list[Record]" = field(default_factory=list)


def format_of(route: "Route") -> "Format":
    """The format of a route. Raises Misconfigured."""
    from adapters.registry import make_format

    options = dict(route.format)
    return make_format(str(options.pop("name")), options, route.folder)


def try_out(route: "Route", services: frozenset[str], day: date) -> Trial:
    """Map and encode every made-up report of these services, one by one. Raises Misconfigured."""
    from hub.workbench.specimens import specimens

    trial, format_ = Trial(), format_of(route)
    for specimen in specimens():
        if specimen.report.service in services:
            trial.tried += 1
            _try_one(route, format_, specimen, day, trial)
    return trial


def _try_one(route: "Route", format_: "Format", specimen: "Specimen", day: date, trial: Trial) -> None:
    from hub.contracts import Unencodable
    from hub.mapping.run import Unmappable

    report = specimen.report
    try:
        record = route.mapping(report.service).apply(report, day)
        trial.records.append(record)
        trial.signals.update(f"{signal.kind} at {signal.field}" for signal in set(record.signals))
        trial.bytes += _encoded(format_, record, trial)
    except Unmappable as fault:
        wrong = trial.missing if fault.code == "required-missing" else trial.untranslated
        wrong[f"{fault.code} at {fault.path} ({specimen.kind} {report.service})"] += 1
    except Unencodable as fault:
        trial.invalid.update({f"{code} at {where} ({specimen.kind} {report.service})" for _, code, where in fault.faults})


def _encoded(format_: "Format", record: "Record", trial: Trial) -> int:
    """The bytes of a record, read back: a format that loses a report is as bad as a schema that will not have it."""
    from hub.workbench.specimens import DROP

    payloads = list(format_.encode([record], DROP))
    if not any(payload.members == (0,) for payload in payloads):
        trial.invalid["no payload carries the report"] += 1
    if any(format_.count(payload.body) != len(payload.members) for payload in payloads):
        trial.invalid["a payload does not hold as many reports as it says"] += 1
    return sum(len(payload.body) for payload in payloads)


def produced(profile: "Profile", pair: "Pair") -> Mapping[str, bytes]:
    """The payloads of a golden report by what their files end with. Raises Misconfigured, Unencodable, Unmappable and ValidationError."""
    from hub.workbench.golden import DAY, ending_of, plain_route
    from hub.workbench.specimens import DROP

    route, report = plain_route(profile), pair.report
    format_ = format_of(route)
    record = route.mapping(report.service).apply(report, DAY)
    return {ending_of(payload.name, report, format_.suffix): payload.body for payload in format_.encode([record], DROP)}


def differing(profile: "Profile", pair: "Pair") -> Iterator[Path]:
    """The files of a golden pair that are not what the profile makes now: other, missing, or too many. Raises as `produced`."""
    from adapters.formats.on_file import same

    now, kept = produced(profile, pair), pair.expected
    for ending in sorted(now.keys() | kept.keys()):
        if ending not in now or ending not in kept or not same(ending, now[ending], kept[ending]):
            yield pair.path(ending)
