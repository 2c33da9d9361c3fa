"""The far end against the ledger: what it holds of what was delivered, and what else lies there."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from hub.contracts import Absent, CannotTell, DeliveryError, Differs, Finding, Found, Listed, Listing, Misconfigured, Payload, Transport
from hub.discrepancies import Discrepancy, Kind
from hub.forces.registry import Route
from hub.ledger.delivered import Delivered, drops_delivered, payloads_delivered, same_size, sealed_names
from hub.ledger.ledger import Ledger

MOST = 1_000  # files that nobody knows of that are looked at: who delivers into another's folder is named by as many
_AT_ONCE = 500  # names
_OURS = re.compile(r"[a-z0-9][A-Za-z0-9._() -]{,200}")
_SUBMISSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.")
_NO_LISTING = "this transport lists nothing"


@dataclass
class Compared:
    """How one route's far end compares with the ledger, counted in payloads.

    `acknowledged` are those that it cannot tell of and whose every report the force has spoken of; `untold` those that nothing
    is known of. `unlisted` says why nobody can say what else lies there, `unreachable` (a code) why the rest was not compared.
    """

    force: str
    route: str
    found: int = 0
    acknowledged: int = 0
    untold: int = 0
    unlisted: str | None = None
    unreachable: str | None = None
    discrepancies: list[Discrepancy] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether everything could be compared, as far as this far end ever tells, and nothing differs."""
        return not self.discrepancies and self.unreachable is None

    def add(self, kind: Kind, subject: str, detail: str) -> None:
        self.discrepancies.append(Discrepancy(kind, self.force, self.route, subject, detail))


def compare(ledger: Ledger, route: Route, transport: Transport, day: date | None = None) -> Compared:
    """Ask the far end for each delivered payload, and for what else lies there. Nothing is changed, there or in the ledger.

    Of a `day` (Europe/London, of the first pick-up) those drops alone; what else lies there is asked whatever the day.
    Raises LedgerUnavailable; a far end that cannot be asked is `unreachable`.
    """
    compared = Compared(route.force, route.name)
    try:
        _look_up(compared, ledger, route, transport, day)
        _list(compared, ledger, route, transport)
    except (DeliveryError, Misconfigured) as error:
        compared.unreachable = error.code
    return compared


def _look_up(compared: Compared, ledger: Ledger, route: Route, transport: Transport, day: date | None) -> None:
    with ThreadPoolExecutor(transport.parallel) as threads:
        for drop, endpoint in drops_delivered(ledger, route.force, route.name, day).items():
            delivered = payloads_delivered(ledger, drop)
            if endpoint != route.endpoint:  # it went to another far end than the one that is asked
                findings: Iterable[Finding] = [CannotTell("it was delivered elsewhere")] * len(delivered)
            else:
                findings = threads.map(transport.find, (one.payload for one in delivered))
            for one, finding in zip(delivered, findings, strict=True):
                _judge(compared, one, finding)


def _judge(compared: Compared, one: Delivered, finding: Finding) -> None:
    if isinstance(finding, Found):
        compared.found += 1
    elif isinstance(finding, Absent):
        compared.add(Kind.MISSING, one.payload.name, f"of {one.drop}")
    elif isinstance(finding, Differs):
        compared.add(Kind.DIFFERS, one.payload.name, f"of {one.drop}; {one.payload.size:,} bytes were delivered")
    elif one.acknowledged:
        compared.acknowledged += 1
    else:
        compared.untold += 1


def _list(compared: Compared, ledger: Ledger, route: Route, transport: Transport) -> None:
    files = transport.listing() if isinstance(transport, Listing) else CannotTell(_NO_LISTING)
    if isinstance(files, CannotTell):
        compared.unlisted = files.why
        return
    try:
        unknown = [(number, file) for number, file in enumerate(_unknown(ledger, route, files)) if number <= MOST]
    except Misconfigured as error:  # it lets us deliver and look up, and not list
        compared.unlisted = error.code
        return
    for number, file in unknown:
        if number == MOST:
            compared.add(Kind.EXTRA, f"more than {MOST:,} files", "only the first are named")
            return
        twin = _twin(ledger, route, transport, file)
        if twin:
            compared.add(Kind.TWICE, _shown(route, file), f"the same bytes as {twin.name}")
        else:
            compared.add(Kind.EXTRA, _shown(route, file), "" if file.size is None else f"{file.size:,} bytes")


def _unknown(ledger: Ledger, route: Route, files: Iterator[Listed]) -> Iterator[Listed]:
    """The files whose names the ledger never sealed anything under. The listing is read to its end, some names at a time."""
    while some := list(islice(files, _AT_ONCE)):
        known = sealed_names(ledger, route.endpoint, {file.name for file in some})
        yield from (file for file in some if file.name not in known)


def _twin(ledger: Ledger, route: Route, transport: Transport, file: Listed) -> Payload | None:
    """The delivered payload whose bytes a file has: the far end is asked for each of that size, under the file's name."""
    if file.size is None or "/" in file.name:
        return None
    candidates = same_size(ledger, route.force, route.name, file.size)
    return next((one for one in candidates if isinstance(transport.find(replace(one, name=file.name)), Found)), None)


def _shown(route: Route, file: Listed) -> str:
    """A name that may be shown: one of ours as it is. Somebody else's may hold a person's, and is known by its digest."""
    name = file.name
    is_ours = name.startswith((f"{route.force}.{route.name}.", "soh-hub-probe.")) or _SUBMISSION.match(name)
    if is_ours and _OURS.fullmatch(name):
        return name
    return f"a name of {len(name)} letters (SHA-256 {hashlib.sha256(name.encode()).hexdigest()[:12]})"
