import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from prefect.client.schemas.objects import State
from sqlalchemy import func, select

from flows.carry import carry_now
from flows.server import PrefectServer
from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.tables import attempts, drops
from hub.words import State as Standing
from sandbox.faults import Fault, set_faults
from sandbox.judging import judge
from sandbox.sample import build
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import held_of
from tests.end_to_end.searching import standing_in
from tests.flows.conftest import AT, SOON, HubOf
from tests.flows.connections import Place, connections
from tests.flows.server import Row, ask, eventually, passes, runs_of

pytestmark = pytest.mark.xdist_group("prefect")

STAGES = {"prepare what waits", "confirm what was delivered", "reconcile", "look for alarms"}
ALONE = "avon-and-somerset"  # a force that shares its far end with nobody


def _carried(hub: Hub, intake: Path | None, patience: float = 20) -> State[None]:
    return carry_now(hub, intake, None, wait_seconds=patience, settle_seconds=0)


def _last_pass(server: PrefectServer) -> tuple[Row, dict[str, Row]]:
    """The newest pass, and its stages by name once they are all on record."""
    newest = passes(server)[0]
    assert eventually(lambda: any(run["name"] == "reconcile" and run["end_time"] for run in runs_of(server, newest["id"])))
    assert eventually(lambda: all(run["end_time"] for run in runs_of(server, newest["id"])))
    return newest, {run["name"]: run for run in runs_of(server, newest["id"])}


def _deliveries(hub: Hub) -> dict[str, str]:
    """What each route's delivery must be called, with its force; from the ledger alone."""
    query = select(drops.c.force, func.min(drops.c.sequence), func.sum(drops.c.reports)).group_by(drops.c.force, drops.c.route)
    with hub.ledger.read() as connection:
        rows = connection.execute(query).all()
    return {f"deliver {force} · drop {first} · {n} report{'' if n == 1 else 's'}": force for force, first, n in rows}


def test_a_pass_is_a_few_runs_that_say_what_they_did_to_whom(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    hub, intake = hub_of(), tmp_path / "sample" / "intake"
    build(300, tmp_path / "sample", 31, AT, None, hub.registry)
    values = _values(intake)
    with connections() as reached:
        end = _carried(hub, intake)

    _reached_nothing_else(reached, prefect_server, hub)
    assert judge(hub.ledger, tmp_path / "sample" / "expected.json", held_of(stand_ins, hub.ledger)).faults == ()
    run, stages = _last_pass(prefect_server)
    assert (run["name"], run["state_name"], run["state"]["message"]) == ("carry reports", "Partly quarantined", end.message)
    assert (end.message or "").startswith("300 submissions: ")
    delivered = _deliveries(hub)
    assert stages.keys() == {f"pick up from {intake}", *STAGES, *delivered}
    assert {name: stages[name]["tags"] for name in delivered} == {name: ["deliver", f"force:{force}"] for name, force in delivered.items()}
    assert {stages[name]["state_name"] for name in delivered} <= {"Delivered", "Partly quarantined"}
    refused = account(hub.ledger).codes
    arrived = sum(_drop_sizes(hub)) - sum(n for (_, _, code), n in refused.items() if code == "refused")
    assert sum(_first_number(stages[name]["state"]["message"]) for name in delivered) == arrived
    _holds_no_value(prefect_server, run, values)


def _reached_nothing_else(reached: set[Place], server: PrefectServer, hub: Hub) -> None:
    """Every connection went to a far end that a force's file names, or to Prefect's own server; and many did."""
    routes = [route.transport for known in hub.registry.forces.values() for route in known.routes]
    configured = {(str(one["host"]), int(str(one["port"]))) for one in routes if "host" in one}
    configured |= {_place(str(one["url"])) for one in routes if "url" in one}
    assert reached - configured == {_place(server.api_url)}
    assert len(reached & configured) > 20


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return str(parts.hostname), parts.port or 0


def _first_number(message: str) -> int:
    """`212 reports in 2 drops, …`"""
    return int(message.split(maxsplit=1)[0].replace(",", ""))


def _drop_sizes(hub: Hub) -> list[int]:
    with hub.ledger.read() as connection:
        return list(connection.scalars(select(drops.c.reports)))


def _values(intake: Path) -> set[str]:
    """What could tell who somebody is: every text of more than a word, and every address and number to reach somebody by."""
    found: set[str] = set()

    def gather(part: object) -> None:
        if isinstance(part, dict):
            for each in part.values():
                gather(each)
        elif isinstance(part, list):
            for each in part:
                gather(each)
        elif isinstance(part, str) and len(part) >= 8 and (" " in part or "@" in part or part.startswith(("0", "+44"))):
            found.add(part)

    for path in intake.glob("*json"):
        for line in path.read_bytes().splitlines():
            try:
                gather(json.loads(line).get("digitalReport"))
            except (ValueError, AttributeError):
                continue
    return found


def _holds_no_value(server: PrefectServer, run: Row, values: set[str]) -> None:
    """Nothing that Prefect keeps of a pass has a value of a report in it."""
    of_run = {"flow_runs": {"id": {"any_": [run["id"]]}}}
    artifacts = ask(server, "artifacts", **of_run)
    keys = {"reconciliation", "not-carried-exactly", "history-heads", "quarantine", "drops", "checks"}
    assert {row["key"] for row in artifacts if not row["key"].startswith("force-")} - {"progress"} == keys
    assert sum(row["key"].startswith("force-") for row in artifacts) > 20
    logs = ask(server, "logs", logs={"flow_run_id": {"any_": [run["id"]]}})
    kept = json.dumps([run, artifacts, logs, runs_of(server, run["id"])], ensure_ascii=False)
    assert len(values) > 1_000
    for text in (kept, kept.replace("\\", "")):  # Markdown has its own escapes
        assert standing_in(text.encode(), [value.encode() for value in values]) == set()


def test_a_far_end_that_is_down_is_tried_as_the_policy_says_and_keeps_nobody_else_waiting(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    with _nobody_there(stand_ins, ALONE, tmp_path) as endpoints:
        hub = hub_of(endpoints=endpoints)
        build(150, tmp_path / "sample", 32, AT, None, hub.registry)
        end = _carried(hub, tmp_path / "sample" / "intake")

    assert (end.is_failed(), end.name) == (True, "Held: circuit open")
    run, stages = _last_pass(prefect_server)
    assert run["state_name"] == "Held: circuit open"
    held = next(stage for name, stage in stages.items() if name.startswith(f"deliver {ALONE} · "))
    assert (held["state_name"], held["run_count"]) == ("Held: circuit open", SOON.attempts)
    others = {stage["state_name"] for name, stage in stages.items() if name.startswith("deliver ") and stage is not held}
    assert others <= {"Delivered", "Partly quarantined"}
    found = account(hub.ledger)
    assert found.balanced
    assert {force for force, state, code in found.codes if (state, code) == (Standing.HELD, "circuit-open")} == {ALONE}
    assert _tries(hub, ALONE) == [(n, "unavailable") for n in range(1, SOON.attempts + 1)]

    again = _carried(hub_of(), None)
    assert not again.is_failed()
    assert judge(hub.ledger, tmp_path / "sample" / "expected.json", held_of(stand_ins, hub.ledger)).faults == ()
    assert _tries(hub, ALONE)[SOON.attempts] == (SOON.attempts + 1, "delivered")


def test_a_far_end_that_asks_to_be_left_alone_for_long_is_left_to_a_later_pass(
    prefect_server: PrefectServer, stand_ins: StandIns, hub_of: HubOf, tmp_path: Path
) -> None:
    hub, force = hub_of(), "west-midlands"
    build(60, tmp_path / "sample", 33, AT, None, hub.registry)
    set_faults(stand_ins.folder, Fault("status", force, at="post", status=429, retry_after=600, times=1))
    try:
        _carried(hub, tmp_path / "sample" / "intake", patience=2)
    finally:
        set_faults(stand_ins.folder)
    _, stages = _last_pass(prefect_server)
    assert [stage["state_name"] for name, stage in stages.items() if name.startswith(f"deliver {force} · ")] == ["Held: not reachable"]
    assert _tries(hub, force) == [(1, "unavailable")]
    _carried(hub_of(), None)
    assert _tries(hub, force) == [(1, "unavailable"), (2, "delivered")]


def _tries(hub: Hub, force: str) -> list[tuple[int, str | None]]:
    """How the attempts at a force's first drop ended."""
    query = select(attempts.c.number, attempts.c.outcome).join(drops, drops.c.id == attempts.c.drop_id).where(drops.c.force == force)
    with hub.ledger.read() as connection:
        return [(number, outcome) for number, outcome in connection.execute(query.order_by(drops.c.id, attempts.c.number))]


@contextmanager
def _nobody_there(stand_ins: StandIns, force: str, folder: Path) -> Iterator[Path]:
    """An endpoints file in which one force is at a port that refuses."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it
        ends = yaml.safe_load(stand_ins.endpoints.read_text())
        for route in ends[force].values():
            route["transport"]["port"] = str(reserved.getsockname()[1])
        changed = folder / "endpoints.yaml"
        changed.write_text(yaml.safe_dump(ends))
        yield changed
