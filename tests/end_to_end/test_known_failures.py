"""How hubs like this one are known to fail, each done to this one: at the stand-ins' own protocols, from the intake to the account."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from flows.deliver import _stopped
from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.circuits import open_circuits
from hub.ledger.standing import routes_with_work
from hub.ledger.tables import circuits
from hub.steps.deliver import Delivered, deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.retry import Retry
from hub.words import State
from sandbox.faults import Fault
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import confirm_all, held_of, holders, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import crime, put
from tests.sandbox.conftest import eventually

KENT, LANCASHIRE, ESSEX = "46", "04", "42"
RETRY = Retry(attempts=2, first=0.0, longest=0.0, jitter=0.0)  # a budget that is soon spent
DANGER = {"safeguarding": {"immediateDanger": True}}


@pytest.fixture
def faults(stand_ins: StandIns) -> Iterator[Callable[..., None]]:
    """What strikes from now on; nothing does after the test. A far end that is to be down is down when it is said: it looks by itself."""

    def strike(*given: Fault) -> None:
        before = stand_ins.struck()[DOWN]
        stand_ins.faults(*given)
        assert DOWN not in {fault.kind for fault in given} or eventually(lambda: stand_ins.struck()[DOWN] > before)

    yield strike
    stand_ins.faults()


DOWN = "connection-refused"


class Carrier:
    """A hub, its intake, and what was put into it."""

    def __init__(self, hub: Hub, intake: Path) -> None:
        self.hub, self.intake = hub, intake
        self.sent: dict[str, list[str]] = {}

    def bring(self, force: str, code: str, *, urgent: bool = False, name: str = "") -> str:
        """One submission is picked up and sealed. Returns its id."""
        wire = crime(code)
        wire["digitalReport"] |= DANGER if urgent else {}
        self.sent[wire["submissionId"]] = [force]
        put(self.intake, f"{name or len(self.sent)}.json", wire)
        return str(wire["submissionId"])

    def prepare(self) -> None:
        hub = self.hub
        pick_up(hub.ledger, hub.source_of(self.intake, 0), hub.registry, hub.clock)
        prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)

    def deliver(self) -> dict[str, Delivered]:
        """Every route with work is tried once. Connections are made anew, as by a later pass."""
        self.hub.hang_up()
        done = {}
        for force, name in sorted(routes_with_work(self.hub.ledger)):
            route = self.hub.route(force, name)
            assert route
            done[force] = deliver(self.hub.ledger, route, self.hub.transport_of(route), self.hub.clock, RETRY)
        assert account(self.hub.ledger).balanced
        return done

    def states(self, force: str) -> dict[State, int]:
        found = account(self.hub.ledger)
        assert found.balanced
        return dict(found.of_force(force))


@pytest.fixture
def one(hub_of: OpenHub, tmp_path: Path) -> Carrier:
    return Carrier(hub_of(), tmp_path / "intake")


def _inbox(stand_ins: StandIns, force: str) -> Path:
    return stand_ins.folder / "sftp" / force / "records-system" / "in" / "soh"


def _drops_in_order(stand_ins: StandIns, hub: Hub, force: str) -> list[tuple[str, int]]:
    """Lane and number of each drop, in the order in which its manifest came."""
    mine = [path for path in _inbox(stand_ins, force).glob("*.manifest.json") if f".{hub.ledger.series}." in path.name]
    parts = [path.name.split(".") for path in sorted(mine, key=lambda path: path.stat().st_mtime_ns)]
    return [(part[2], int(part[4])) for part in parts]


def test_an_outage_of_a_whole_run_holds_what_is_meant_for_it_alone_and_drains_in_order_by_itself(
    one: Carrier, stand_ins: StandIns, faults: Callable[..., None]
) -> None:
    """The outage that outlasts every retry: a queue that gives up, that needs a hand to go on, or that lets one force's outage stop all."""
    faults(Fault("connection-refused", force="kent"))
    for _ in range(2):
        one.bring("kent", KENT)
        one.bring("lancashire", LANCASHIRE)
        one.prepare()
    one.bring("kent", KENT, urgent=True)
    one.prepare()
    first = one.deliver()
    assert (first["kent"].stopped, first["lancashire"].stopped, first["lancashire"].reports) == ("connection-refused", None, 2)
    for _ in range(4):
        one.deliver()
    one.bring("kent", KENT)  # comes while it is down
    one.bring("lancashire", LANCASHIRE)
    one.prepare()
    one.deliver()
    assert one.states("kent") == {State.HELD: 4}
    assert [(circuit.instance, circuit.incident) for circuit in open_circuits(one.hub.ledger).values()] == [("athena", 1)]
    confirm_all(one.hub)
    assert one.states("lancashire") == {State.ACCEPTED: 3}

    faults()
    for _ in range(100):  # its port opens again in a moment
        one.deliver()
        if not open_circuits(one.hub.ledger):
            break
        time.sleep(0.1)
    assert open_circuits(one.hub.ledger) == {}
    one.prepare()
    one.deliver()
    confirm_all(one.hub)
    assert one.states("kent") == {State.ACCEPTED: 4}
    assert _drops_in_order(stand_ins, one.hub, "kent") == [("urgent", 1), ("routine", 1), ("routine", 2), ("routine", 3)]
    assert holders(held_of(stand_ins, one.hub.ledger)) == one.sent
    with one.hub.ledger.read() as connection:
        assert list(connection.scalars(select(circuits.c.incidents))) == [1]


def test_an_orphan_of_an_upload_that_broke_off_delays_nobody_where_nothing_can_be_replaced(
    one: Carrier, stand_ins: StandIns, faults: Callable[..., None]
) -> None:
    """A drop box that forbids overwriting, an upload cut half way, and every later one stopped by the file that it left behind."""
    faults(Fault("no-overwrite", force="kent"), Fault("reset", force="kent", at="write", times=1))
    one.bring("kent", KENT)
    one.prepare()
    assert one.deliver()["kent"].again
    orphans = [path for path in _inbox(stand_ins, "kent").iterdir() if path.name.endswith(".part") and one.hub.ledger.series in path.name]
    assert orphans
    one.bring("kent", KENT)
    one.prepare()
    assert one.deliver()["kent"].stopped is None
    confirm_all(one.hub)
    assert one.states("kent") == {State.ACCEPTED: 2}
    assert holders(held_of(stand_ins, one.hub.ledger)) == one.sent
    assert [path.exists() for path in orphans] == [True]
    for path in orphans:
        path.unlink()


def test_a_poison_report_holds_up_only_itself(one: Carrier, faults: Callable[..., None]) -> None:
    """One message that cannot be read or is refused, at the head of a queue that tries it for ever."""
    faults(Fault("refuse", force="lancashire", times=1))
    put(one.intake, "a.json", b'{"submissionId": ')
    put(one.intake, "b.json", crime("999"))
    for name in ("c", "d", "e"):
        one.bring("lancashire", LANCASHIRE, name=name)
    one.bring("kent", KENT, name="f")
    one.prepare()
    done = one.deliver()
    confirm_all(one.hub)
    assert (done["lancashire"].refused, done["lancashire"].reports, done["lancashire"].stopped) == (1, 2, None)
    found = outcomes(one.hub.ledger)
    assert {found[name][0] for name in ("a.json", "b.json")} == {"quarantined"}
    assert sorted(found[f"{name}.json"][0] for name in "cde") == ["accepted", "accepted", "quarantined"]
    assert found["f.json"] == ("accepted", None)
    assert open_circuits(one.hub.ledger) == {}
    assert account(one.hub.ledger).balanced


def test_a_changed_host_key_stops_that_force_alone_loudly_and_it_goes_on_when_put_right(
    one: Carrier, stand_ins: StandIns, faults: Callable[..., None]
) -> None:
    """A key that changed over night: trusted without a word, or retried as if it were an outage, or the end of every transfer."""
    faults(Fault("wrong-host-key", force="kent"))
    one.bring("kent", KENT)
    one.bring("lancashire", LANCASHIRE)
    one.prepare()
    for _ in range(4):
        done = one.deliver()
        assert (done["kent"].misconfigured, done["kent"].again, done["kent"].held) == (True, False, 0)
    name, message = _stopped("kent", "records-system", done["kent"])
    assert (name, message.startswith("kent records-system: host-key")) == ("Misconfigured", True), message
    assert "until a person puts it right" in message
    confirm_all(one.hub, patience=5)
    assert (one.states("kent"), one.states("lancashire")) == ({State.SEALED: 1}, {State.ACCEPTED: 1})
    assert open_circuits(one.hub.ledger) == {}

    faults()
    one.deliver()
    confirm_all(one.hub)
    assert one.states("kent") == {State.ACCEPTED: 1}
    assert holders(held_of(stand_ins, one.hub.ledger)) == one.sent


@pytest.mark.parametrize("at", ["rename", "write"])
def test_a_far_end_that_takes_every_file_away_at_once_is_sent_nothing_twice_and_its_acknowledgement_settles_what_was_unsure(
    hub_of: OpenHub, stand_ins: StandIns, faults: Callable[..., None], tmp_path: Path, at: str
) -> None:
    """The look after the upload finds nothing, for it was taken already: and it is sent again, and again."""
    faults(Fault("collects", force="kent"), Fault("lost-response" if at == "rename" else "reset", force="kent", at=at, times=1))
    one = Carrier(hub_of(endpoints=_collecting(stand_ins, tmp_path)), tmp_path / "intake")
    for _ in range(3):
        one.bring("kent", KENT)
    one.prepare()
    for _ in range(3):
        one.deliver()
        confirm_all(one.hub, patience=3)
    held = held_of(stand_ins, one.hub.ledger)
    names = [payload.key for payload in held["kent", "records-system"].payloads]
    assert len(names) == len(set(names))
    assert {one_ for one_, where in holders(held).items() if where != ["kent"]} == set()
    states = one.states("kent")
    acknowledged = set(holders(held))
    assert states.get(State.ACCEPTED, 0) == len(acknowledged)
    assert states.get(State.IN_DOUBT, 0) == len(one.sent) - len(acknowledged)


def _collecting(stand_ins: StandIns, folder: Path) -> Path:
    """The endpoints, of which Kent's is known to take away what it is sent."""
    ends = yaml.load(stand_ins.endpoints.read_text(), yaml.BaseLoader)  # noqa: S506 - builds texts alone
    ends["kent"]["records-system"]["transport"]["collects"] = True
    path = Path(shutil.copy(stand_ins.endpoints, folder / "endpoints.yaml"))
    path.write_text(yaml.safe_dump(ends))
    return path
