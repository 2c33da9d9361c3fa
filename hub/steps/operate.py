"""Operate: what a person does to put right what is stuck. What would break a law is refused, and says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.clock import Clock
from hub.documents import Closed, load
from hub.forces.registry import BrokenForce, Registry
from hub.ledger import amending, operating, rerouting, settling
from hub.ledger.changes import Author
from hub.ledger.choosing import Chosen, Wanted, choose
from hub.ledger.ledger import Ledger
from hub.ledger.operating import OPEN, Done, Reading
from hub.ledger.queue import Opened, opened, slices
from hub.reasons import SEND_AGAIN, Arrived
from hub.reports.amendment import NEVER, NotAmendable, amended
from hub.reports.reader import Unreadable, read
from hub.reports.urgency import lane_of
from hub.steps.inspect import untold
from hub.words import UNKNOWN, Lane, Purpose, State

_PRIMARY = (Purpose.PRIMARY,)
_WITHOUT_BYTES = {
    "body-missing": "its bytes are not where the ledger put them: put the store's back-up in its place",
    "body-damaged": "its bytes are not the ones that were picked up: put the ledger's back-up in its place",
    "attachment-damaged": "a file of it is not the one that was picked up: put the ledger's back-up in its place",
    "body-erased": "its bytes were erased, and cannot be had again",
}


class NotDone(Exception):
    """The action cannot be done: says what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an operator works: the ledger, the forces, the time, and who and why. A dry run changes nothing."""

    ledger: Ledger
    registry: Registry
    clock: Clock
    actor: str
    reason: str
    dry_run: bool = False

    def author(self, action: str) -> Author:
        return Author(action, self.clock.now(), self.actor, self.reason)


class ThirdParties(Closed):
    """The file of whom a report may be redirected to: a name, and who that is."""

    third_parties: dict[str, str]


def third_parties(mappings: Path) -> dict[str, str]:
    """Whom a report may be redirected to, by name. Raises InvalidDocument."""
    return load(mappings / "third-parties.yaml", ThirdParties).third_parties


def release(desk: Desk, wanted: Wanted) -> Done:
    """Reports in quarantine wait again. One whose bytes still cannot be read, or whose files are not whole, is refused."""
    chosen, done = _choose(desk, wanted, {State.QUARANTINED})
    ready, readings = _read(desk, chosen, done)
    done.add(operating.release(desk.ledger, ready, readings, desk.author("release"), dry_run=desk.dry_run))
    return done


def reroute(desk: Desk, wanted: Wanted, target: str) -> Done:
    """Reports that have not left go to another force, where each is a new pick-up. Raises NotDone."""
    if target not in desk.registry.forces:
        raise NotDone(f"There is no force '{target}' on file, or its file is broken.")
    chosen, done = _primary(desk, wanted)
    elsewhere = [one for one in chosen if one.force != target]
    for one in chosen:
        if one.force == target:
            done.refuse(one, f"it is {target}'s already")
    ready, readings = _read(desk, elsewhere, done)
    going = _with_copies(desk, _all_told(ready, readings, done))
    done.add(rerouting.reroute(desk.ledger, going, target, readings, desk.author("re-route"), dry_run=desk.dry_run))
    return done


def redirect(desk: Desk, wanted: Wanted, third_party: str, known: Iterable[str]) -> Done:
    """Reports that are no matter for a force are a third party's, which the platform is told. Raises NotDone."""
    if third_party not in known:
        raise NotDone(f"There is no third party '{third_party}' in mappings/third-parties.yaml: {', '.join(sorted(known))}.")
    return _end(desk, wanted, State.REDIRECTED, "redirect", third_party)


def withdraw(desk: Desk, wanted: Wanted) -> Done:
    """Reports that have not left are taken back, for good."""
    return _end(desk, wanted, State.WITHDRAWN, "withdraw", None)


def settle(desk: Desk, wanted: Wanted, what: Arrived) -> Done:
    """What is in doubt arrived, did not arrive and waits again, or was refused."""
    chosen, done = _choose(desk, wanted, {State.IN_DOUBT})
    done.add(settling.settle_doubt(desk.ledger, chosen, what, desk.author(f"settle: {what}"), dry_run=desk.dry_run))
    return done


def take(desk: Desk, wanted: Wanted) -> Done:
    """These reports in quarantine are the operator's to work on."""
    chosen, done = _choose(desk, wanted, {State.QUARANTINED})
    done.add(amending.take(desk.ledger, chosen, desk.author("take"), dry_run=desk.dry_run))
    return done


def in_quarantine(desk: Desk, name: str) -> Chosen:
    """The one report in quarantine, on its primary route, that is called so. Raises NotDone."""
    chosen, _ = _choose(desk, Wanted((name,)), {State.QUARANTINED}, _PRIMARY)
    waiting = [one for one in chosen if one.state == State.QUARANTINED]
    if len(waiting) != 1:
        raise NotDone(f"{name} is not one report in quarantine but {len(waiting)}: name one arrival by its number, #17.")
    return waiting[0]


def amend(desk: Desk, name: str, patch: bytes, after: int | None = None) -> Done:
    """One report in quarantine gets a new version of its bytes, which must be readable. `after` is the version that the operator saw.

    Raises NotDone.
    """
    one, done = in_quarantine(desk, name), Done()
    newest = amending.version_of(desk.ledger, one.submission)
    if after is not None and after != newest:
        raise NotDone("Nothing was amended: another operator amended it meanwhile. Look at it again.")
    after = newest
    (before,) = opened(desk.ledger, [one.report_id])
    known = {"submissionId": one.submission_id is not None, "forceIdentifier": one.force != UNKNOWN, "attachments": True}
    try:
        body = amended(before.body or b"", patch, tuple(name for name in NEVER if known[name]))
        reading = read(body).report
    except NotAmendable as fault:
        raise NotDone(f"Nothing was amended: {fault}.") from None
    except Unreadable as fault:
        raise NotDone(f"Nothing was amended, for it could not be read then: {fault}.") from None
    if one.submission_id and reading.submission_id != one.submission_id:
        raise NotDone("Nothing was amended: the submission id cannot be another.")
    if not desk.dry_run:
        stored = desk.ledger.store.put(one.force, body)
        done = amending.amend(desk.ledger, one, stored, after, desk.author("amend"))
    return done


def replay_period(desk: Desk, wanted: Wanted, words: str = "") -> Done:
    """What is in quarantine goes with today's mapping; with the `words` also what was delivered or accepted. Raises NotDone."""
    if words and words != SEND_AGAIN:
        raise NotDone(f"What was delivered or accepted is sent again only in these words: {SEND_AGAIN}")
    done = release(desk, wanted)
    if words:
        sent = choose(desk.ledger, wanted, {State.DELIVERED, State.ACCEPTED}, _PRIMARY)
        ready, readings = _read(desk, [one for one in sent if one.state in (State.DELIVERED, State.ACCEPTED)], done)
        done.add(rerouting.send_again(desk.ledger, ready, readings, desk.author("replay"), dry_run=desk.dry_run))
    return done


def _end(desk: Desk, wanted: Wanted, state: State, action: str, code: str | None) -> Done:
    chosen, done = _choose(desk, wanted, OPEN) if wanted.route else _primary(desk, wanted)
    going = chosen if wanted.route else _with_copies(desk, chosen)
    done.add(operating.end(desk.ledger, going, state, desk.author(action), code, dry_run=desk.dry_run))
    return done


def _choose(desk: Desk, wanted: Wanted, states: Iterable[State], purposes: Sequence[Purpose] = tuple(Purpose)) -> tuple[list[Chosen], Done]:
    """What is meant; of what was named and stands otherwise, only where nothing else of that name can be meant. Raises NotDone."""
    if not (wanted.names or wanted.force or wanted.code or wanted.oldest or wanted.drop):
        raise NotDone("Say which reports: name them, or give a force, a code, or how many of the oldest.")
    among = frozenset(states)
    found = choose(desk.ledger, wanted, among, purposes)
    unknown = [name for name in wanted.names if not any(name in _names(one) for one in found)]
    done = Done(refused=[operating.Refusal(name, "the ledger has no such report") for name in unknown])
    fitting = {one.submission_id or one.name for one in found if one.state in among}
    return [one for one in found if one.state in among or (one.submission_id or one.name) not in fitting], done


def _names(one: Chosen) -> tuple[str | None, str | None, str]:
    return one.submission_id, one.reference, f"#{one.submission}"


def _primary(desk: Desk, wanted: Wanted) -> tuple[list[Chosen], Done]:
    """The same of primary routes; a name that fits several arrivals which may go is refused: one of them has to be meant."""
    chosen, done = _choose(desk, wanted, OPEN, _PRIMARY)
    sure: list[Chosen] = []
    for one in chosen:
        others = [other for other in chosen if other.name == one.name and f"#{other.submission}" not in wanted.names]
        if wanted.names and len(others) > 1:
            done.refuse(one, f"several arrivals have this name: say #{one.submission}")
        else:
            sure.append(one)
    return sure, done


def _with_copies(desk: Desk, chosen: Sequence[Chosen]) -> list[Chosen]:
    """These, and the copies of them that have not left either."""
    of = {one.submission: one for one in chosen if one.state in OPEN}
    ids = frozenset(operating.copies_of(desk.ledger, list(of.values())))
    names = tuple(f"#{number}" for number in of)
    found = (one for some in slices(names) for one in choose(desk.ledger, Wanted(tuple(some)), OPEN, (Purpose.COPY,))) if ids else ()
    return [*chosen, *(one for one in found if one.report_id in ids)]


def _read(desk: Desk, chosen: Sequence[Chosen], done: Done) -> tuple[list[Chosen], dict[int, Reading]]:
    """What the bytes of each say now. Those that cannot be read, or whose files are not whole, are refused."""
    ready: list[Chosen] = []
    readings: dict[int, Reading] = {}
    for some in slices(chosen):
        for one, submission in zip(some, opened(desk.ledger, [one.report_id for one in some]), strict=True):
            reading = _reading(desk, submission)
            if isinstance(reading, str):
                done.refuse(one, reading)
            else:
                ready.append(one)
                readings[one.report_id] = replace(reading, untold=untold(desk.ledger, one, submission.claimed.attachments))
    return ready, readings


def _all_told(ready: Sequence[Chosen], readings: Mapping[int, Reading], done: Done) -> list[Chosen]:
    """Those of whose files everything has been said; the others are refused."""
    for one in ready:
        if found := readings[one.report_id].untold:
            done.refuse(one, f"a file of it is not let in ({found[0]}, {found[1]}): release it, which gives it that code, then re-route it")
    return [one for one in ready if not readings[one.report_id].untold]


def _reading(desk: Desk, submission: Opened) -> Reading | str:
    if submission.body is None:
        code = submission.fault or "body-missing"
        return f"{_WITHOUT_BYTES.get(code, _WITHOUT_BYTES['body-missing'])} ({code})"
    try:
        report = read(submission.body).report
    except Unreadable as fault:
        return f"it can still not be read ({fault}): amend it first"
    kept_ = {one.number: one.stored.digest for one in submission.claimed.attachments}
    for number, file in enumerate(report.attachments, start=1):
        if kept_.get(number) != file.sha256:
            return f"its file is still missing or altered (attachments[{number - 1}]): ask the platform for it"
    force = desk.registry.by_code(report.force_code)
    lane = Lane.URGENT if submission.claimed.lane is Lane.URGENT else lane_of(report, desk.clock.now())
    name = None if force is None or isinstance(force, BrokenForce) else force.slug
    said = (report.reference, report.language, report.submitted_at)
    return Reading(report.submission_id, name, report.service, lane, *said)
