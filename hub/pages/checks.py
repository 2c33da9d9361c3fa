"""The page of what the checks found on some days: each suite, each rule, how many it looked at and how many failed it, by force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.ledger.checked import Result, results
from hub.ledger.ledger import Ledger
from hub.pages.page import environment
from hub.pages.period import Period
from hub.quality.folder import Suites
from hub.reports.services import SERVICES
from hub.words import Severity

SIGNS = {Severity.BLOCK: "■", Severity.WARN: "▲", Severity.ENRICH: "+"}  # colour never says it alone
_ORDER = (*Severity, None)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule with what it found. `severity` is None for one that no suite has any more."""

    code: str
    severity: Severity | None
    cause: str
    do: str
    looked: int
    failed: int
    forces: tuple[tuple[str, int], ...]  # those with the most first

    @property
    def share(self) -> str:
        return f"{self.failed / self.looked:.1%}" if self.looked else ""


@dataclass(frozen=True, slots=True)
class SuiteResults:
    """A suite: the rules that something failed, gravest and most frequent first, and how many others all passed."""

    name: str
    title: str
    about: str
    looked: int  # rows of the rule that was asked most
    failed: int
    rules: tuple[Judged, ...]
    passed: tuple[Judged, ...]


def suites_of(ledger: Ledger, suites: Suites, period: Period) -> list[SuiteResults]:
    """Every suite that was run in the period, in the order of the files, then those that are gone. Raises LedgerUnavailable."""
    found: dict[str, list[Result]] = {}
    for result in results(ledger, period.first, period.last):
        found.setdefault(result.suite, []).append(result)
    known = {(suite.suite, rule.code): (rule.severity, rule.cause, rule.do) for suite, rule in suites.rules()}
    about = {suite.suite: suite.about for suite, _ in suites.rules()}
    ordered = [*(name for name in about if name in found), *sorted(found.keys() - about.keys())]
    return [_suite(_title(suites, name), about.get(name, ""), found[name], known) for name in ordered]


def _title(suites: Suites, name: str) -> str:
    """What a suite is called on the page."""
    if name == suites.report.suite:
        return "Every report"
    if name in SERVICES:
        return SERVICES[name].title
    return f"Records for {name}" if name in suites.profiles else name.capitalize()


Known = Mapping[tuple[str, str], tuple[Severity, str, str]]


def _suite(title: str, about: str, found: Sequence[Result], known: Known) -> SuiteResults:
    judged = sorted((_judged(result, known) for result in found), key=lambda one: (_ORDER.index(one.severity), -one.failed, one.code))
    failing, passed = tuple(one for one in judged if one.failed), tuple(one for one in judged if not one.failed)
    return SuiteResults(found[0].suite, title, about, max(one.looked for one in found), sum(one.failed for one in found), failing, passed)


def _judged(result: Result, known: Known) -> Judged:
    severity, cause, do = known.get((result.suite, result.code), (None, "No suite has this rule any more.", ""))
    forces = sorted(result.by_force.items(), key=lambda item: (-item[1], item[0]))
    return Judged(result.code, severity, cause, do, result.looked, result.failed, tuple(forces))


def page(found: Sequence[SuiteResults], period: Period, drawn_up: datetime, names: Mapping[str, str], **others: object) -> str:
    """The page as HTML, with everything in it."""
    shown = {"suites": found, "period": period, "drawn_up": drawn_up, "names": names, "signs": SIGNS}
    figures = [
        (f"stopped by a check {SIGNS[Severity.BLOCK]}", _total(found, Severity.BLOCK), ""),
        (f"gone on, warned {SIGNS[Severity.WARN]}", _total(found, Severity.WARN), ""),
        (f"gone on, to enrich {SIGNS[Severity.ENRICH]}", _total(found, Severity.ENRICH), ""),
    ]
    return environment().get_template("checks.html").render(shown | {"figures": figures} | others)


def _total(found: Sequence[SuiteResults], severity: Severity) -> int:
    return sum(rule.failed for suite in found for rule in suite.rules if rule.severity is severity)
