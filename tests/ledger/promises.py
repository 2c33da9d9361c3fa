"""What is true of a ledger at every moment, whoever did what to it: judged from its rows alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from hub.ledger.account import account
from hub.ledger.changes import FIRST, NEXT
from hub.ledger.ledger import Ledger
from hub.ledger.tables import drops, history, lanes, members, payloads, reports, submissions
from hub.words import DropState, PayloadState, Purpose, State
from tests.ledger.making import rows

Row = dict[str, Any]
_IN_ITS_DROP = (State.SEALED, State.HELD, State.IN_DOUBT)


def broken_promises(ledger: Ledger) -> list[str]:
    """Each promise that does not hold, in a sentence; none where all is well."""
    promises = (_account, _primaries, _histories, _ways, _numbers, _voided, _drops, _delivered_once)
    return [broken for promise in promises for broken in promise(ledger)]


def _account(ledger: Ledger) -> Iterator[str]:
    """Counted from the submissions, from the states and from the history it comes to the same."""
    found, picked_up = account(ledger), len(rows(ledger, submissions))
    for difference in found.differences:
        yield f"the account does not balance: {difference}"
    if (found.picked_up.total(), found.states.total()) != (picked_up, picked_up):
        yield f"{picked_up} submissions, {found.picked_up.total()} picked up, {found.states.total()} in a state"


def _primaries(ledger: Ledger) -> Iterator[str]:
    """Every submission has one report on its primary route."""
    counted = Counter(row["submission_id"] for row in rows(ledger, reports) if row["purpose"] == Purpose.PRIMARY)
    for submission in rows(ledger, submissions):
        if counted[submission["id"]] != 1:
            yield f"submission {submission['id']} has {counted[submission['id']]} primary reports"


def _histories(ledger: Ledger) -> Iterator[str]:
    """Each step begins where the last one ended, is one that the ledger allows, and the last leads to where the report stands."""
    steps: dict[int, list[Row]] = defaultdict(list)
    for row in rows(ledger, history):
        steps[row["report_id"]].append(row)
    for report in rows(ledger, reports):
        stands: str | None = None
        for step in steps[report["id"]]:
            allowed = FIRST if stands is None else NEXT[State(stands)]
            if step["from_state"] != stands or step["to_state"] not in allowed:
                yield f"report {report['id']} went from {stands} by a step from {step['from_state']} to {step['to_state']}"
            stands = step["to_state"]
        if stands != report["state"]:
            yield f"report {report['id']} is {report['state']}, and its history says {stands}"


def _ways(ledger: Ledger) -> Iterator[str]:
    """A report that is sealed is on its way in its own drop and in no other; one that is not in a drop is on no way."""
    open_: dict[int, list[int]] = defaultdict(list)
    for member in rows(ledger, members):
        if member["outcome"] is None:
            open_[member["report_id"]].append(member["drop_id"])
    for report in rows(ledger, reports):
        mine, where = [report["drop_id"]], open_[report["id"]]
        if report["state"] == State.SEALED and where != mine:
            yield f"report {report['id']} is sealed in drop {report['drop_id']}, and on its way in {where}"
        if where and (where != mine or report["state"] not in _IN_ITS_DROP):
            yield f"report {report['id']} is {report['state']}, and on its way in {where}"


def _numbers(ledger: Ledger) -> Iterator[str]:
    """A lane's drops are numbered from 1 without a gap."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for drop in rows(ledger, drops):
        found[drop["force"], drop["route"], drop["lane"]].append(drop["sequence"])
    for lane in rows(ledger, lanes):
        numbers = sorted(found.pop((lane["force"], lane["route"], lane["lane"]), []))
        if numbers != list(range(1, lane["next_sequence"])):
            yield f"lane {lane['force']} {lane['lane']} has the numbers {numbers}, and the next is {lane['next_sequence']}"
    if found:
        yield f"drops without a lane: {sorted(found)}"


def _voided(ledger: Ledger) -> Iterator[str]:
    """A number is announced only when it is void, in a later drop of its lane, with which no report of its own is left behind."""
    by_id = {drop["id"]: drop for drop in rows(ledger, drops)}
    for drop in by_id.values():
        if drop["announced_in"] is not None:
            later = by_id[drop["announced_in"]]
            lane = ("force", "route", "lane")
            is_later = [later[name] for name in lane] == [drop[name] for name in lane] and later["sequence"] > drop["sequence"]
            if drop["state"] != DropState.VOIDED or not is_later:
                yield f"drop {drop['key']} is {drop['state']}, and announced as void in {later['key']}"


def _drops(ledger: Ledger) -> Iterator[str]:
    """A drop that has come to an end has nothing left to send, and all its reports have an end; one that has not is to be sent."""
    parts: dict[int, list[str]] = defaultdict(list)
    for payload in rows(ledger, payloads):
        parts[payload["drop_id"]].append(payload["state"])
    outcomes: dict[int, list[str | None]] = defaultdict(list)
    for member in rows(ledger, members):
        outcomes[member["drop_id"]].append(member["outcome"])
    for drop in rows(ledger, drops):
        left = PayloadState.SEALED in parts[drop["id"]]
        if drop["state"] == DropState.SEALED and not left:
            yield f"drop {drop['key']} is sealed, and nothing of it is left to send"
        if drop["state"] in (DropState.DELIVERED, DropState.IN_DOUBT) and left:
            yield f"drop {drop['key']} is {drop['state']}, and a payload of it is still to be sent"
        if drop["state"] != DropState.SEALED and None in outcomes[drop["id"]]:
            yield f"drop {drop['key']} is {drop['state']}, and a report in it has no end"
        if drop["state"] == DropState.VOIDED and PayloadState.DELIVERED in outcomes[drop["id"]]:
            yield f"drop {drop['key']} is void, and a report in it was delivered"


def _delivered_once(ledger: Ledger) -> Iterator[str]:
    """No report arrives in two drops, but where a person sent it anew: one that was rejected, or that was in doubt."""
    sent_anew: Counter[int] = Counter()
    for step in rows(ledger, history):
        sent_anew[step["report_id"]] += step["to_state"] == State.WAITING and step["from_state"] in (State.QUARANTINED, State.IN_DOUBT)
    arrived = Counter(member["report_id"] for member in rows(ledger, members) if member["outcome"] == PayloadState.DELIVERED)
    for report, times in arrived.items():
        if times > 1 + sent_anew[report]:
            yield f"report {report} was delivered in {times} drops"
