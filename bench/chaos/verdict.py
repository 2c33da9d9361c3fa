"""The verdict on a run: what the far ends hold against what was sent, and then against what the ledger says."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bench.chaos.intake import Sent, name_of
from bench.chaos.order import out_of_order
from bench.chaos.plan import AT
from hub.clock import day_of
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.fates import Standing, delivered_payloads, fates
from hub.ledger.ledger import Ledger
from hub.words import Lane, PayloadKind, Purpose, State
from sandbox.holdings import Held
from sandbox.sample.expected import Fate

Place = tuple[str, str]  # force, route
End = tuple[str, str | None]  # state, code


@dataclass
class Verdict:
    """Nothing here but `repeated_sends` may be more than 0. `faults` says each in a sentence, without a value of any report."""

    lost: int = 0
    duplicated: int = 0
    altered: int = 0
    out_of_sequence: int = 0
    in_doubt: int = 0
    wrong_outcomes: int = 0  # one outcome each, but not the one that was expected
    balanced: bool = False
    repeated_sends: int = 0  # what the far end knew, and turned away as `already-taken`
    faults: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return self.balanced and not any(
            (self.lost, self.duplicated, self.altered, self.out_of_sequence, self.in_doubt, self.wrong_outcomes)
        )


def judge(ledger: Ledger, registry: Registry, wanted: Sequence[Fate], sent: Mapping[str, Sent], held: Mapping[Place, Held]) -> Verdict:
    """What is wrong, counted. A submission that came twice is judged together with its repeats: which came first is chance."""
    verdict, found = Verdict(), list(fates(ledger))
    cases = _cases(registry, wanted, found)
    _judge_outcomes(verdict, cases, len(found) - len({standing.name for standing in found}))
    _judge_holders(verdict, cases, held)
    _judge_contents(verdict, sent, held)
    _judge_bytes(verdict, ledger, held)
    told = out_of_order(held)
    verdict.out_of_sequence, verdict.faults = len(told), verdict.faults + told
    found_account = account(ledger)
    verdict.balanced = found_account.balanced and found_account.total == len(wanted)
    verdict.repeated_sends = sum(refusal.why == "already-taken" for one in held.values() for refusal in one.refusals)
    return verdict


@dataclass
class _Case:
    """All submissions of one id, or one without: what must become of them, what became, and who must hold the report."""

    force: str
    ends: Counter[End] = field(default_factory=Counter)
    found: Counter[End] = field(default_factory=Counter)
    missing: int = 0
    holders: set[Place] = field(default_factory=set)  # each of them once


def _cases(registry: Registry, wanted: Iterable[Fate], found: Iterable[Standing]) -> dict[str, _Case]:
    standings = {standing.name: standing for standing in found}
    cases: dict[str, _Case] = {}
    for fate in wanted:
        case = cases.setdefault(fate.submission_id or name_of(fate), _Case(fate.force))
        case.ends[fate.outcome, fate.code] += 1
        case.holders.update(_holders(registry, fate))
        standing = standings.get(name_of(fate))
        if standing is None:
            case.missing += 1
        else:
            case.found[standing.state, standing.code] += 1
    return cases


def _holders(registry: Registry, fate: Fate) -> Iterator[Place]:
    """The primary far end of a report that is to be taken, and those of the copies that carry its service and lane."""
    if fate.outcome != State.ACCEPTED and fate.code != "rejected":
        return
    force, day = registry.forces[fate.force], day_of(datetime.fromisoformat(AT))
    for route in force.routes_on(day):
        is_copied = route.purpose is Purpose.COPY and route.carries(fate.service, Lane(fate.lane or Lane.ROUTINE))
        if route.purpose is Purpose.PRIMARY or is_copied:
            yield fate.force, route.name


def _judge_outcomes(verdict: Verdict, cases: Mapping[str, _Case], twice: int) -> None:
    verdict.duplicated += twice
    for name, case in cases.items():
        if case.missing:
            verdict.lost += case.missing
            verdict.faults.append(f"{name}: {case.missing} of it not in the ledger")
        elif case.found != case.ends:
            verdict.wrong_outcomes += 1
            verdict.faults.append(f"{name} ({case.force}): is {_told(case.found)}, and must be {_told(case.ends)}")
        verdict.in_doubt += sum(n for (state, _), n in case.found.items() if state == State.IN_DOUBT)


def _told(ends: Counter[End]) -> str:
    return ", ".join(" ".join(filter(None, end)) + (f" × {n}" if n > 1 else "") for end, n in sorted(ends.items(), key=repr))


def _judge_holders(verdict: Verdict, cases: Mapping[str, _Case], held: Mapping[Place, Held]) -> None:
    """Who must hold a report does so once, and nobody else at all."""
    holders: dict[str, Counter[Place]] = defaultdict(Counter)
    for place, one in held.items():
        for report in one.reports:
            holders[report.submission_id][place] += 1
    for name in cases.keys() | holders.keys():
        wanted = Counter(cases[name].holders if name in cases else ())
        for force, route in sorted(wanted - holders[name]):
            verdict.lost += 1
            verdict.faults.append(f"{name}: {force} {route} does not hold it")
        for (force, route), times in sorted((holders[name] - wanted).items()):
            verdict.duplicated += times
            verdict.faults.append(
                f"{name}: {force} {route} holds it {holders[name][force, route]} times, and must {wanted[force, route]} times"
            )


def _judge_contents(verdict: Verdict, sent: Mapping[str, Sent], held: Mapping[Place, Held]) -> None:
    """Each report bears its own reference, and every file that was named came with it, byte for byte."""
    for (force, _), one in held.items():
        files: dict[str, set[str]] = defaultdict(set)
        for payload in one.payloads:
            if payload.kind is PayloadKind.ATTACHMENT:
                files[payload.key.rpartition("/")[2][:36]].add(payload.digest())
        for report in one.reports:
            said = sent.get(report.submission_id, Sent(None, ()))
            if report.reference != said.reference or files[report.submission_id] != set(said.files):
                verdict.altered += 1
                verdict.faults.append(f"{report.submission_id}: {force} holds another reference or other files than were sent")


def _judge_bytes(verdict: Verdict, ledger: Ledger, held: Mapping[Place, Held]) -> None:
    """Every payload lies there as it was sealed, and nothing lies there that was not."""
    sealed: dict[tuple[str, str, str], str] = {}
    for payload in delivered_payloads(ledger):
        sealed |= dict.fromkeys([(payload.force, payload.route, payload.key), (payload.force, payload.route, payload.name)], payload.digest)
    for (force, route), one in held.items():
        for lying in one.payloads:
            if sealed.get((force, route, lying.key)) != lying.digest():
                verdict.altered += 1
                verdict.faults.append(f"{lying.key}: not as it was sealed, or not delivered as the ledger has it")
