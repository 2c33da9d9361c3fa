"""Judges a run of a sample: what must have become of each submission, and what the far ends really hold."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hub.ledger.fates import Standing, delivered_payloads, fates
from hub.ledger.ledger import Ledger
from hub.words import Purpose, State
from sandbox.holdings import Held

_AT_A_FAR_END = frozenset({State.DELIVERED, State.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, in sentences without a value of any report; nothing where all is as it must be."""

    submissions: int
    faults: tuple[str, ...]

    @property
    def right(self) -> bool:
        return not self.faults


def judge(ledger: Ledger, expected: Path, held: Mapping[tuple[str, str], Held]) -> Verdict:
    """Compare the ledger with `expected.json`, and what the stand-ins hold with the ledger: once each, byte for byte."""
    wanted = orjson.loads(expected.read_bytes())["submissions"]
    found, copies = list(fates(ledger)), list(fates(ledger, Purpose.COPY))
    faults = [*_outcomes(wanted, found), *_once_each([*found, *copies], held), *_byte_for_byte(ledger, held)]
    return Verdict(len(wanted), tuple(faults))


def _outcomes(wanted: list[dict[str, Any]], found: list[Standing]) -> Iterator[str]:
    by_name = {standing.name: standing for standing in found}
    if len(found) != len(wanted):
        yield f"{len(wanted)} submissions were expected, and the ledger has {len(found)}"
    for fate in wanted:
        name = fate["file"] if fate["line"] is None else f"{fate['file']}:{fate['line']}"
        standing = by_name.get(name)
        if standing is None:
            yield f"{name}: not in the ledger"
            continue
        for what, is_, must in (
            ("force", standing.force, fate["force"]),
            ("service", standing.service, fate["service"]),
            ("outcome", standing.state, fate["outcome"]),
            ("code", standing.code, fate["code"]),
            ("lane", standing.lane, fate["lane"] or standing.lane),
        ):
            if is_ != must:
                yield f"{name}: {what} is {is_}, and must be {must}"


def _once_each(found: list[Standing], held: Mapping[tuple[str, str], Held]) -> Iterator[str]:
    """Every report that the ledger calls delivered lies at its own far end, once; nobody holds anything else but what they rejected."""
    holders = Counter((force, route, report.submission_id) for (force, route), one in held.items() for report in one.reports)
    delivered = {(s.force, s.route or "", s.submission_id or "") for s in found if s.state in _AT_A_FAR_END}
    rejected = {(s.force, s.route or "", s.submission_id or "") for s in found if s.state == State.QUARANTINED and s.code == "rejected"}
    for force, route, submission in sorted(delivered | rejected):
        if holders[force, route, submission] != 1:
            yield f"{submission}: held {holders[force, route, submission]} times by {force} {route}"
    for force, route, submission in sorted(holders.keys() - delivered - rejected):
        yield f"{submission}: held by {force} {route}, and the ledger does not say so"


def _byte_for_byte(ledger: Ledger, held: Mapping[tuple[str, str], Held]) -> Iterator[str]:
    """Every payload that the ledger calls delivered lies at its far end as it was sealed, and no other does."""
    sealed = {(p.force, p.route, p.key): p.digest for p in delivered_payloads(ledger)}
    names = {(p.force, p.route, p.name): p.digest for p in delivered_payloads(ledger)}
    known = names | sealed  # over SFTP a payload is known by its name, over REST by its key
    seen = set()
    for (force, route), one in held.items():
        for payload in one.payloads:
            digest = known.get((force, route, payload.key))
            seen.add((force, route, digest))
            if digest is None:
                yield f"{payload.key}: at {force}, and the ledger does not say so"
            elif payload.digest() != digest:
                yield f"{payload.key}: not the bytes that were sealed"
    for (force, route, key), digest in sealed.items():
        if (force, route, digest) not in seen:
            yield f"{key}: delivered, says the ledger, and {force} does not hold it"
