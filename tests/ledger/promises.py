"""What is true of a ledger at every moment, whoever did what to it: judged from its rows alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from hub.ledger.account import account
from hub.ledger.audit import verify
from hub.ledger.changes import FIRST, NEXT
from hub.ledger.ledger import Ledger
from hub.ledger.notices import TOLD
from hub.words import DropState, PayloadState, Purpose, State
from tests.ledger.picture import Picture, Row, picture

_IN_ITS_DROP = (State.SEALED, State.HELD, State.IN_DOUBT)


def broken_promises(ledger: Ledger) -> list[str]:
    """Each promise that does not hold, in a sentence; none where all is well."""
    seen = picture(ledger)
    return [*broken_in(seen), *broken_account(ledger, len(seen["submissions"])), *map(repr, verify(ledger).findings)]


def broken_in(seen: Picture) -> list[str]:
    """The same of what was read already; the account is counted by the ledger itself (`broken_account`)."""
    promises = (_primaries, _copies, _histories, _ways, _numbers, _voided, _drops, _own_payloads, _proven, _delivered_once, _notices)
    return [broken for promise in promises for broken in promise(seen)]


def broken_account(ledger: Ledger, picked_up: int) -> list[str]:
    """Counted from the submissions, from the states and from the history it comes to the same."""
    found = account(ledger)
    broken = [f"the account does not balance: {difference}" for difference in found.differences]
    if (found.picked_up.total(), found.states.total()) != (picked_up, picked_up):
        broken.append(f"{picked_up} submissions, {found.picked_up.total()} picked up, {found.states.total()} in a state")
    return broken


def _primaries(seen: Picture) -> Iterator[str]:
    """Every submission has one report on its primary route."""
    counted = Counter(row["submission_id"] for row in seen["reports"] if row["purpose"] == Purpose.PRIMARY)
    for submission in seen["submissions"]:
        if counted[submission["id"]] != 1:
            yield f"submission {submission['id']} has {counted[submission['id']]} primary reports"


def _copies(seen: Picture) -> Iterator[str]:
    """A submission has one report on a route at most, and a copy only beside a primary one."""
    primary = {row["submission_id"] for row in seen["reports"] if row["purpose"] == Purpose.PRIMARY}
    counted = Counter((row["submission_id"], row["route"]) for row in seen["reports"] if row["route"])
    for (submission, route), times in counted.items():
        if times > 1 or submission not in primary:
            yield f"submission {submission} has {times} reports on the route {route}"


def _histories(seen: Picture) -> Iterator[str]:
    """Each step begins where the last one ended, is one that the ledger allows, and the last leads to where the report stands."""
    steps: dict[int, list[Row]] = defaultdict(list)
    for row in seen["history"]:
        steps[row["report_id"]].append(row)
    for report in seen["reports"]:
        stands: str | None = None
        for step in steps[report["id"]]:
            allowed = FIRST if stands is None else NEXT[State(stands)]
            if step["from_state"] != stands or step["to_state"] not in allowed:
                yield f"report {report['id']} went from {stands} by a step from {step['from_state']} to {step['to_state']}"
            stands = step["to_state"]
        if stands != report["state"]:
            yield f"report {report['id']} is {report['state']}, and its history says {stands}"


def _ways(seen: Picture) -> Iterator[str]:
    """A report that is sealed is on its way in its own drop and in no other; one that is not in a drop is on no way."""
    open_: dict[int, list[int]] = defaultdict(list)
    for member in seen["members"]:
        if member["outcome"] is None:
            open_[member["report_id"]].append(member["drop_id"])
    for report in seen["reports"]:
        mine, where = [report["drop_id"]], open_[report["id"]]
        if report["state"] == State.SEALED and where != mine:
            yield f"report {report['id']} is sealed in drop {report['drop_id']}, and on its way in {where}"
        if where and (where != mine or report["state"] not in _IN_ITS_DROP):
            yield f"report {report['id']} is {report['state']}, and on its way in {where}"


def _numbers(seen: Picture) -> Iterator[str]:
    """A lane's drops are numbered from 1 without a gap."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for drop in seen["drops"]:
        found[drop["force"], drop["route"], drop["lane"]].append(drop["sequence"])
    for lane in seen["lanes"]:
        numbers = sorted(found.pop((lane["force"], lane["route"], lane["lane"]), []))
        if numbers != list(range(1, lane["next_sequence"])):
            yield f"lane {lane['force']} {lane['lane']} has the numbers {numbers}, and the next is {lane['next_sequence']}"
    if found:
        yield f"drops without a lane: {sorted(found)}"


def _voided(seen: Picture) -> Iterator[str]:
    """A number is announced only when it is void, in a later drop of its lane, with which no report of its own is left behind."""
    by_id = {drop["id"]: drop for drop in seen["drops"]}
    for drop in by_id.values():
        if drop["announced_in"] is not None:
            later = by_id[drop["announced_in"]]
            lane = ("force", "route", "lane")
            is_later = [later[name] for name in lane] == [drop[name] for name in lane] and later["sequence"] > drop["sequence"]
            if drop["state"] != DropState.VOIDED or not is_later:
                yield f"drop {drop['key']} is {drop['state']}, and announced as void in {later['key']}"


def _drops(seen: Picture) -> Iterator[str]:
    """A drop stands where its payloads and reports say; where it has come to an end, so have all its reports."""
    parts: dict[int, list[str]] = defaultdict(list)
    for payload in seen["payloads"]:
        parts[payload["drop_id"]].append(payload["state"])
    outcomes: dict[int, list[str | None]] = defaultdict(list)
    for member in seen["members"]:
        outcomes[member["drop_id"]].append(member["outcome"])
    for drop in seen["drops"]:
        mine, ends = parts[drop["id"]], outcomes[drop["id"]]
        if len(ends) != drop["reports"]:
            yield f"drop {drop['key']} has {len(ends)} members, and was sealed with {drop['reports']}"
        if drop["state"] != DropState.SEALED and None in ends:
            yield f"drop {drop['key']} is {drop['state']}, and a report in it has no end"
        proven = drop["state"] == DropState.VOIDED and PayloadState.DELIVERED in ends  # see `_proven`
        if not proven and drop["state"] not in _may_be(mine, ends):
            yield f"drop {drop['key']} is {drop['state']}; its payloads are {mine}, its reports {ends}"


def _may_be(parts: list[str], ends: list[str | None]) -> tuple[DropState, ...]:
    """Sealed while anything is left to send, unless it was taken back whole; else the first that one of its reports came to."""
    if PayloadState.SEALED in parts:
        taken_back = set(parts) == {PayloadState.SEALED} and set(ends) <= {PayloadState.VOIDED}
        return (DropState.SEALED, DropState.VOIDED) if taken_back else (DropState.SEALED,)
    came_to = ends or ([] if PayloadState.REFUSED in parts else parts)
    if PayloadState.IN_DOUBT in came_to:
        return (DropState.IN_DOUBT,)
    return (DropState.DELIVERED if PayloadState.DELIVERED in came_to else DropState.VOIDED,)


def _own_payloads(seen: Picture) -> Iterator[str]:
    """A report that has arrived leaves no payload of its own to be sent again."""
    states = {payload["id"]: payload["state"] for payload in seen["payloads"]}
    for member in seen["members"]:
        own = states.get(member["payload_id"])
        if member["outcome"] == PayloadState.DELIVERED and own in (PayloadState.SEALED, PayloadState.IN_DOUBT):
            yield f"report {member['report_id']} was delivered, and its own payload is {own}"


def _proven(seen: Picture) -> Iterator[str]:
    """A report that arrived in a drop that was taken back was acknowledged over its route."""
    void = {drop["id"]: drop["route"] for drop in seen["drops"] if drop["state"] == DropState.VOIDED}
    heard = {(row["report_id"], row["route"]) for row in seen["acknowledgements"]}
    for member in seen["members"]:
        arrived = member["outcome"] == PayloadState.DELIVERED and member["drop_id"] in void
        if arrived and (member["report_id"], void[member["drop_id"]]) not in heard:
            yield f"report {member['report_id']} was delivered in drop {member['drop_id']}, which is void, and nobody acknowledged it"


def _delivered_once(seen: Picture) -> Iterator[str]:
    """No report arrives in two drops, but where a person sent it anew: one that was rejected, or that was in doubt.

    What a far end had, that said it had not, may have been sent again before it was acknowledged: the alarm is for that.
    """
    void = {drop["id"] for drop in seen["drops"] if drop["state"] == DropState.VOIDED}
    sent_anew: Counter[int] = Counter()
    for step in seen["history"]:
        sent_anew[step["report_id"]] += step["to_state"] == State.WAITING and step["from_state"] in (State.QUARANTINED, State.IN_DOUBT)
    carried = (member for member in seen["members"] if member["drop_id"] not in void)
    arrived = Counter(member["report_id"] for member in carried if member["outcome"] == PayloadState.DELIVERED)
    for report, times in arrived.items():
        if times > 1 + sent_anew[report]:
            yield f"report {report} was delivered in {times} drops"


def _notices(seen: Picture) -> Iterator[str]:
    """What the platform is to be told is remembered once for each step, and notices are numbered from 1 without a gap."""
    named = {row["id"] for row in seen["submissions"] if row["identity"] or row["rerouted_from"]}
    primary = {row["id"] for row in seen["reports"] if row["purpose"] == Purpose.PRIMARY and row["submission_id"] in named}
    must = {step["id"] for step in seen["history"] if step["to_state"] in TOLD and step["report_id"] in primary}
    remembered = {row["history_id"]: row["notice_id"] for row in seen["noticed"]}
    if must != remembered.keys():
        yield f"the platform is to be told of the steps {sorted(must)}, and remembered are {sorted(remembered)}"
    inside = Counter(remembered.values())
    for number, notice in enumerate(seen["notices"], start=1):
        if (notice["sequence"], notice["outcomes"]) != (number, inside[notice["id"]]):
            yield f"notice {notice['key']} is the {number}. and has {inside[notice['id']]} outcomes"
