"""How a small job ended, force by force: what two runs must have in common, however often the one was broken off.

Left out is what tells of the way and not of the end: attempts, receipts (`kept` or `found`: how we know that it arrived) and
history (whose promises are judged by themselves), and who claimed a lane last: a dead worker's claim on a lane that has nothing more to
send stays where it is until there is something, for its lease has ended. On reports and circuits nobody is to hold a claim.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from hub.ledger.ledger import Ledger
from hub.ledger.tables import acknowledgements, attempts, circuits, cursors, drops, lanes, members, payloads, reports, submissions
from tests.ledger.making import rows
from tests.steps.small_job import World

Row = dict[str, Any]
Ends = dict[str, dict[str, Any]]  # by force, then by what it says


def ends_of(ledger: Ledger, world: World) -> Ends:
    """Everything that must be the same. Keys, bytes, order and number of what the far ends hold are."""
    found: Ends = defaultdict(dict)
    for name, by_force in _of_ledger(ledger).items():
        for force, lines in by_force.items():
            found[force][name] = lines
    for name, far_end in world.far_ends().items():
        force, route = name.split(".")
        found[force][f"{route} holds"] = [(one["key"], one["kind"], one["body"]) for one in far_end.taken()]
        found[force][f"{route} was let go of"] = [one["batch"] for one in far_end.settled()]
    found["hub"] = {"store": _files(world, "store"), "intake": _files(world, "intake"), "far ends": [*world.far_ends()]}
    return dict(found)


def was_broken_off(ledger: Ledger, force: str, route: str) -> bool:
    """Whether a worker died in an attempt at this route's first drop, so that it may have arrived for all that anybody knows."""
    first = {drop["id"] for drop in rows(ledger, drops) if (drop["force"], drop["route"], drop["sequence"]) == (force, route, 1)}
    return any(attempt["drop_id"] in first and attempt["outcome"] is None for attempt in rows(ledger, attempts))


def _of_ledger(ledger: Ledger) -> dict[str, dict[str, list[Any]]]:
    names = {row["id"]: row["name"] for row in rows(ledger, submissions)}
    keys = {row["id"]: row["key"] for row in rows(ledger, drops)} | {None: None}
    force_of_drop = {row["id"]: row["force"] for row in rows(ledger, drops)}
    force_of_report = {row["id"]: row["force"] for row in rows(ledger, reports)}
    name_of_report = {row["id"]: names[row["submission_id"]] for row in rows(ledger, reports)}

    def report(row: Row) -> Any:
        plain = ("purpose", "service", "lane", "route", "state", "code", "where", "reference", "worker")
        return names[row["submission_id"]], keys[row["drop_id"]], *(row[name] for name in plain)

    def drop(row: Row) -> Any:
        return row["key"], row["state"], row["reports"], row["bytes"], row["digest"], keys[row["announced_in"]], row["error"]

    def member(row: Row) -> Any:
        return keys[row["drop_id"]], name_of_report[row["report_id"]], row["outcome"]

    def acknowledgement(row: Row) -> Any:
        return row["route"], row["identity"], name_of_report.get(row["report_id"]), row["accepted"], row["reference"], row["reason"]

    return {
        "reports": _by(rows(ledger, reports), lambda row: str(row["force"]), report),
        "drops": _by(rows(ledger, drops), lambda row: str(row["force"]), drop),
        "payloads": _by(rows(ledger, payloads), lambda row: force_of_drop[row["drop_id"]], _payload),
        "members": _by(rows(ledger, members), lambda row: force_of_report[row["report_id"]], member),
        "acknowledgements": _by(rows(ledger, acknowledgements), lambda row: str(row["force"]), acknowledgement),
        "lanes": _by(rows(ledger, lanes), lambda row: str(row["force"]), _lane),
        "circuit": _by(rows(ledger, circuits), lambda row: str(row["instance"]), _circuit),
        "cursors": _by(rows(ledger, cursors), lambda row: str(row["name"]).split("/")[0], lambda row: (row["name"], row["value"])),
    }


def _by(some: Iterable[Row], force: Callable[[Row], str], line: Callable[[Row], Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in some:
        found[force(row)].append(line(row))
    return {name: sorted(lines, key=repr) for name, lines in found.items()}


def _payload(row: Row) -> Any:
    return row["key"], row["name"], row["kind"], row["size"], row["digest"], row["state"], row["reference"]


def _lane(row: Row) -> Any:
    return row["route"], row["lane"], row["next_sequence"]


def _circuit(row: Row) -> Any:
    return row["environment"], row["incidents"], row["opened_at"], row["code"], row["worker"]


def _files(world: World, place: str) -> list[str]:
    folder = world.folder / place
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
