"""The examination of a force: check after check, each with what it found; what a failed one makes pointless is left out."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from console.force.encoding import Trial, differing, format_of, try_out
from console.force.endpoint import endpoint_steps
from console.options import fail
from hub.settings import Settings
from hub.words import Severity

if TYPE_CHECKING:
    from hub.forces.force import Force, Route
    from hub.forces.registry import Registry
    from hub.mapping.record import Record
    from hub.workbench.certificate import Certificate, Check
    from hub.workbench.opened import OpenRoute

Findings = Iterator[tuple[str, str]]  # result and line: the worst result is the check's
_WORST = ("passed", "noted", "left out", "failed")
_MOST = 12  # lines of one kind of finding


class Examination:
    """One force, examined once. `endpoints` names the far ends to probe in place of the live ones."""

    def __init__(self, settings: Settings, slug: str, endpoints: Path | None, offline: bool, at: datetime) -> None:
        from hub.clock import day_of

        self._settings, self._slug, self._endpoints, self._offline, self._at = settings, slug, endpoints, offline, at
        self._day = day_of(at)
        self._done: list[Check] = []
        self._own: Force | None = None  # as its file says it
        self._tried: Force | None = None  # with the endpoints file over it
        self._opened: tuple[OpenRoute, ...] = ()
        self._records: dict[str, list[Record]] = {}  # of made-up reports, by route

    def checks(self) -> "Iterator[Check]":
        """Every check in turn, as it ends."""
        yield self._timed("file", "the force's file and its profiles load, and every field of a report is accounted for", self._file)
        if self._own is None:
            return
        yield self._timed("placeholders", "nothing is left to be filled in", self._placeholders)
        yield self._timed("settings", "formats and transports take their settings", self._settings_of_adapters)
        if any(route.recipient for route in self._routes_that_count()):
            yield self._timed("encryption", "what leaves can be encrypted to the force, and signed", self._encryption)
        yield self._timed("checks", "the suites can be read, and the profile's is there", self._suites)
        yield self._timed("safeguarding", "safe contact and danger reach the force with every live service", self._safeguarding)
        yield self._timed("golden pairs", "the profile still makes what was reviewed", self._golden)
        yield self._timed("made-up reports", "reports of every service, extreme ones too, are valid for the schema", self._made_up)
        yield self._timed("rules", "their records pass the rules of the profile's suite", self._rules)
        for each in self._opened:
            if each.route.to_day > self._day:
                about = f"a harmless probe of the route {each.route.name}"
                yield self._timed(f"endpoint {each.route.name}", about, partial(self._endpoint, each))

    def certificate(self) -> "Certificate":
        """What has been found so far."""
        from hub.workbench.certificate import Certificate, digests

        name = self._own.name if self._own else self._slug
        files = digests(self._opened, self._settings.mappings, self._slug)
        return Certificate(self._slug, name, self._at, tuple(self._done), files, _versions())

    def _timed(self, name: str, about: str, find: Callable[[], Findings]) -> "Check":
        from hub.workbench.certificate import Check, Result

        started = time.perf_counter()
        found = list(find())
        worst = max((result for result, _ in found), key=_WORST.index, default="passed")
        check = Check(name, about, Result(worst), tuple(line for _, line in found), time.perf_counter() - started)
        self._done.append(check)
        return check

    def _file(self) -> Findings:
        from hub.documents import InvalidDocument
        from hub.workbench.opened import open_force

        own = _registry(self._settings.mappings, None)
        if self._slug not in own.forces and self._slug not in own.broken:
            fail(_unknown(own, self._slug))
        if self._slug in own.broken:
            yield from (("failed", str(fault)) for fault in own.broken[self._slug])
            return
        tried = _registry(self._settings.mappings, self._endpoints)
        if self._slug in tried.broken:
            yield from (("failed", str(fault)) for fault in tried.broken[self._slug])
            return
        try:
            self._opened = open_force(self._settings.mappings, own.forces[self._slug])
        except InvalidDocument as invalid:
            yield "failed", str(invalid)
            return
        self._own, self._tried = own.forces[self._slug], tried.forces[self._slug]
        yield "passed", f"{len(self._own.routes)} routes, {len(self._live())} services live on {self._day}"
        if not self._live():
            yield "noted", f"no service is live on {self._day}: its reports are held until one is"

    def _placeholders(self) -> Findings:
        from hub.documents import read
        from hub.workbench.scaffold import placeholders

        return (("failed", str(fault)) for fault in placeholders(read(self._settings.mappings / "forces" / f"{self._slug}.yaml")))

    def _settings_of_adapters(self) -> Findings:
        from adapters.registry import make_transport
        from hub.contracts import Misconfigured

        for each in self._opened:
            for make in (format_of, lambda route: make_transport(str(route.transport["name"]), route.transport).close()):
                try:
                    make(each.route)
                except Misconfigured as wrong:
                    yield "failed", f"{each.route.name}: {wrong}"

    def _encryption(self) -> Findings:
        from adapters.openpgp import OpenPgp
        from hub.contracts import Misconfigured

        for route in self._routes_that_count():
            if route.recipient is None:
                continue
            try:
                warning = OpenPgp(route.recipient, self._at).warning(self._at)
            except Misconfigured as wrong:
                yield "failed", f"{route.name}: {wrong}"
            else:
                yield ("noted", f"{route.name}: {warning}") if warning else ("passed", f"{route.name}: {route.recipient.certificate.name}")

    def _suites(self) -> Findings:
        from hub.documents import InvalidDocument, did_you_mean
        from hub.quality.folder import read_suites

        try:
            known = read_suites(self._settings.expectations).profiles
        except InvalidDocument as invalid:
            yield from (("failed", str(fault)) for fault in invalid.faults)
            return
        for route in self._routes_that_count():
            if route.checks and route.checks not in known:
                hint = did_you_mean(route.checks, known) or f"write expectations/profiles/{route.checks}.yaml"
                yield "failed", f"{route.name}: the profile {route.profile!r} names the suite {route.checks!r}, and there is none; {hint}"

    def _safeguarding(self) -> Findings:
        from hub.workbench.safeguarding import gaps

        for route in self._routes_that_count():
            found = [gap for service in self._live() for gap in gaps(route, service, self._day)]
            by_field = {gap.field: [each.service for each in found if each.field == gap.field] for gap in found}
            for gap in {gap.field: gap for gap in found}.values():
                services = by_field[gap.field]
                where = "every live service" if len(services) == len(self._live()) else ", ".join(services)
                yield "failed" if gap.grave else "noted", f"{route.name}: {gap.field} does not reach the force with {where}"

    def _golden(self) -> Findings:
        from pydantic import ValidationError

        from hub.contracts import Misconfigured, Unencodable
        from hub.forces.profiles import load_profile
        from hub.mapping.run import Unmappable
        from hub.workbench.golden import pairs

        for folder in sorted({each.route.folder for each in self._opened}):
            profile, some = load_profile(folder), list(pairs(folder))
            yield "passed" if some else "noted", f"{folder.name}: {len(some)} pairs"
            for pair in some:
                try:
                    for path in differing(profile, pair):
                        yield "failed", f"{folder.name}/golden/{path.name} differs: `soh-hub force golden {folder.name}` tells"
                except (Misconfigured, Unencodable, Unmappable, ValidationError, ValueError) as wrong:
                    said = f"{wrong.error_count()} faults" if isinstance(wrong, ValidationError) else str(wrong)
                    yield "failed", f"{folder.name}/golden/{pair.name}: {said}"

    def _made_up(self) -> Findings:
        from hub.contracts import Misconfigured
        from hub.reports.services import SERVICES

        for route in self._routes_that_count():
            services = frozenset(SERVICES if route.services is None else route.services)
            try:
                trial = try_out(route, services, self._day)
            except Misconfigured as wrong:
                yield "failed", f"{route.name}: {wrong}"
                continue
            self._records[route.name] = trial.records
            yield from _of_trial(route, trial)

    def _rules(self) -> Findings:
        from hub.documents import InvalidDocument
        from hub.quality.checks import BrokenCheck, Checks

        try:
            checks = Checks.load(self._settings.expectations)
        except InvalidDocument:
            yield "left out", "the suites cannot be read"
            return
        for route in self._routes_that_count():
            if not route.checks or not checks.knows(route.checks):
                yield "passed", f"{route.name}: the profile names no suite of rules"
                continue
            records = self._records.get(route.name, [])
            try:
                found = checks.records(route.checks, records)
            except BrokenCheck as broken:
                yield "failed", f"{route.name}: {broken}"
                continue
            yield "passed", f"{route.name}: {len(records)} records by the suite {route.checks}"
            for (code, severity, path), times in Counter((one.code, one.severity, one.field) for one in found).most_common():
                yield "failed" if severity is Severity.BLOCK else "noted", f"{route.name}: {code} at {path} ({severity}) × {times}"

    def _endpoint(self, each: "OpenRoute") -> Findings:
        assert self._own  # noqa: S101 - an endpoint is only tried where the file is whole
        assert self._tried  # noqa: S101 - the same
        if self._offline:
            yield "left out", "--offline"
            return
        name = each.route.name
        tried = next(route for route in self._tried.routes if route.name == name)
        yield from endpoint_steps(each.route, tried, self._slug)

    def _routes_that_count(self) -> "list[Route]":
        """Those that hold today or will: what is past is no longer anybody's concern."""
        return [each.route for each in self._opened if each.route.to_day > self._day]

    def _live(self) -> list[str]:
        from hub.reports.services import SERVICES

        return [service for service in SERVICES if self._own and self._own.not_live(service, self._day) is None]


def _of_trial(route: "Route", trial: Trial) -> Findings:
    yield "passed", f"{route.name}: {trial.tried} reports, {trial.bytes:,} bytes"
    for result, counted in (("failed", trial.invalid), ("failed", trial.untranslated), ("noted", trial.missing)):
        lines = [f"{route.name}: {what}{f' × {times}' if times > 1 else ''}" for what, times in counted.most_common()]
        yield from ((result, line) for line in lines[:_MOST])
        if len(lines) > _MOST:
            yield result, f"{route.name}: {len(lines) - _MOST} more of these"
    kinds = {
        kind: sum(1 for what in trial.signals if what.startswith(f"{kind} at ")) for kind in {w.split(" at ")[0] for w in trial.signals}
    }
    if kinds:
        told = ", ".join(f"{kind} at {targets} targets" for kind, targets in sorted(kinds.items()))
        yield "passed", f"{route.name}: signalled at the extremes: {told}"


def _registry(mappings: Path, endpoints: Path | None) -> "Registry":
    from hub.documents import InvalidDocument
    from hub.forces.registry import Registry

    try:
        return Registry.load(mappings, endpoints)
    except InvalidDocument as invalid:
        fail(str(invalid))


def _unknown(registry: "Registry", slug: str) -> str:
    from hub.documents import did_you_mean

    known = {*registry.forces, *registry.broken}
    return f"There is no force '{slug}' on file; {did_you_mean(slug, known) or '`soh-hub force list` names them all.'}"


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    from hub.reports.model import MODEL_VERSION

    return {"soh-hub": version("soh-hub"), "report model": MODEL_VERSION, "Python": platform.python_version()}
