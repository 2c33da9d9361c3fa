"""Ten discrepancies are planted in one ledger and its far ends: each is named to the report or the file, and nothing else is."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pyarrow.parquet
import pytest
import yaml
from sqlalchemy import Connection, delete, func, select, update

from adapters.keys import DEMO
from flows.comparing import compare_all
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move, change
from hub.ledger.tables import drops, history, members, noticed, payloads, reports, submissions
from hub.settings import PROJECT, Settings
from hub.steps.confirm import confirm
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.reconcile import discrepancies
from hub.words import PayloadKind, State
from sandbox.faults import Fault
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.console.conftest import Person, Said
from tests.end_to_end.carrying import carry
from tests.end_to_end.conftest import National
from tests.end_to_end.intake import AT, Wire, announce, crime, put
from tests.ledger.making import an_arrival, rows
from tests.ledger.tampering import by_hand

KENT, LANCASHIRE, CHESHIRE = "46", "04", "07"
A_WEEK_LATER = "2026-11-29T06:00:00+00:00"
PHOTO = jpeg(b"a made-up photograph")
NOBODY = "0f8fad5b-d9cb-469f-a165-70867728950e"
ROUTE = "records-system"

pytestmark = pytest.mark.xdist_group("national sample")


@dataclass
class System:
    """A hub with three far ends: one that can be listed, one that is posted to, and one that takes every file away."""

    hub: Hub
    stand_ins: StandIns
    person: Person
    intake: Path
    sent: dict[str, list[str]] = field(default_factory=dict)  # submission ids by force

    def carry(self, *wires: Wire, patience: float = 10) -> None:
        """One pass with these: a drop for each force over SFTP."""
        self.take_in(*wires)
        carry(self.hub, self.intake, patience=patience)

    def take_in(self, *wires: Wire) -> None:
        for wire in wires:
            put(self.intake, f"{wire['submissionId']}.json", wire, wire.pop("files", None))
            self.sent.setdefault(wire["forceIdentifier"], []).append(wire["submissionId"])

    def lies(self, force: str) -> Path:
        return self.stand_ins.folder / "sftp" / force / ROUTE / "in" / "soh"

    def says(self, force: str, said: dict[str, object]) -> None:
        """The force answers with an acknowledgement of its own, and it is read."""
        out = self.stand_ins.folder / "sftp" / force / ROUTE / "out" / "soh"
        (out / f"{said['submission_id']}.{said.get('reference')}.ack.json").write_bytes(orjson.dumps(said) + b"\n")
        route = self.hub.route(force, ROUTE)
        assert route
        confirm(self.hub.ledger, route, self.hub.transport_of(route), self.hub.clock)

    def reconciles(self, *words: str, at: str = AT) -> Said:
        return self.person.says("reconcile", "--at", at, *words)


def three_forces(folder: Path) -> Path:
    """Three forces, of which none must have a least number of reports; Cheshire says that it takes files away."""
    (folder / "forces").mkdir(parents=True)
    shutil.copytree(PROJECT / "mappings" / "profiles", folder / "profiles")
    for force in ("kent", "lancashire", "cheshire"):
        file = yaml.load((PROJECT / "mappings" / "forces" / f"{force}.yaml").read_text(), yaml.BaseLoader)  # noqa: S506 - builds texts alone
        file.pop("expect")
        if force == "cheshire":
            file["routes"][0]["transport"]["collects"] = "true"
        (folder / "forces" / f"{force}.yaml").write_text(yaml.safe_dump(file, allow_unicode=True))
    return folder


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("reconciliation")
    mappings = three_forces(folder / "mappings")
    with StandIns(folder / "sandbox", mappings, AT) as stand_ins:
        stand_ins.faults(Fault("collects", force="cheshire"))
        environment = {"HUB_MAPPINGS": str(mappings), "HUB_ENDPOINTS": str(stand_ins.endpoints)}
        settings = Settings.read({"HUB_HOME": str(folder / "home"), "HUB_KEYS": DEMO, **environment})
        hub = open_hub(settings, Clock.at(datetime.fromisoformat(AT)))
        system = System(hub, stand_ins, Person(folder / "home", environment), folder / "intake")
        _weeks_before(hub)
        for number in range(4):
            with_it = {"files": {"1.jpg": PHOTO}, "attachments": [announce(PHOTO, "1.jpg")]} if number == 1 else {}
            system.carry(crime(KENT, **with_it), crime(LANCASHIRE), crime(CHESHIRE))
        yield system
        hub.close()


def _weeks_before(hub: Hub) -> None:
    """Lancashire's reports of earlier Saturdays wait for a person; those of each week are as many as yesterday's."""
    long_ago = an_arrival(0, force="lancashire", state=State.QUARANTINED, code="not-json", submission_id=None)
    record(hub.ledger, [long_ago], hub.clock.now() - timedelta(days=40))
    for week in range(4):
        some = [long_ago._replace(arrival=f"{week}-{number}", name=f"{week}-{number}") for number in range(20)]
        record(hub.ledger, some, hub.clock.now() - timedelta(days=1, weeks=week))


def test_of_a_clean_system_nothing_is_named_and_what_cannot_be_listed_says_so(system: System, tmp_path: Path) -> None:
    said = system.reconciles("--far-ends", "--json", "--csv", str(tmp_path / "days.csv"), "--parquet", str(tmp_path / "days.parquet"))
    told = said.json()
    assert (said.code, told["discrepancies"], told["balanced"]) == (0, [], True), said.out
    ends = {one["force"]: one for one in told["far_ends"]}
    assert [(force, one["unlisted"], one["unreachable"]) for force, one in sorted(ends.items())] == [
        ("cheshire", "the far end takes files away", None),
        ("kent", None, None),
        ("lancashire", "this transport lists nothing", None),
    ]
    assert (ends["cheshire"]["found"], ends["cheshire"]["acknowledged"], ends["cheshire"]["untold"]) == (0, 8, 0)
    assert (ends["kent"]["found"], ends["lancashire"]["found"]) == (len(list(system.lies("kent").iterdir())), 4)

    (kent,) = (line for line in told["days"] if line["force"] == "kent")
    assert (kent["picked_up"], kent["accepted"], kent["rejected"], kent["retried"], kent["fell_back"]) == (4, 4, 0, 0, 0)
    submitted = datetime.fromisoformat(AT) - datetime.fromisoformat("2026-11-21T18:15:00+00:00")
    assert {kent[f"seconds_to_{to}_{name}"] for to in ("delivery", "acceptance") for name in ("p50", "longest")} == {
        submitted.total_seconds()
    }
    table = pyarrow.parquet.read_table(tmp_path / "days.parquet").to_pylist()
    assert [row["picked_up"] for row in table] == [line["picked_up"] for line in told["days"]]
    assert dict(table[-1]["quarantined_by_code"]) == told["days"][-1]["quarantined_by_code"]
    assert len((tmp_path / "days.csv").read_text().splitlines()) == len(table) + 1


def test_each_of_ten_planted_discrepancies_is_named_and_nothing_else(system: System) -> None:
    ledger, lies = system.hub.ledger, system.lies("kent")
    _, second, _, fourth = system.sent[KENT]
    keys = [row["key"] for row in rows(ledger, drops) if row["force"] == "kent"]

    (lost,) = lies.glob(f"{keys[0]}.incidents.*")
    lost.unlink()
    (lies / "kent.records-system.routine.zzzz.000001.xml").write_bytes(b"<Drop/>")
    (lies / "Angharad Example.pdf").write_bytes(b"%PDF")
    (changed,) = lies.glob(f"{second}.*")
    changed.write_bytes(changed.read_bytes()[:-1] + b"J")
    (again,) = lies.glob(f"{keys[2]}.incidents.*")
    twin = lies / f"{keys[2]}.incidents (1).csv"
    shutil.copy(again, twin)
    never, its_payload = _never_sent(system)
    system.says("kent", {"submission_id": NOBODY, "outcome": "accepted", "reference": "A-1", "at": AT})
    system.says("kent", {"submission_id": fourth, "outcome": "accepted", "reference": "SECOND", "at": AT})
    slow = _acknowledged_an_hour_early(system)
    moved, cut = system.sent[CHESHIRE][0], system.sent[LANCASHIRE][1]
    change_id = _by_hand(system, moved, cut)

    said = system.reconciles("--far-ends", "--json", at=A_WEEK_LATER)
    told = said.json()
    assert (said.code, told["balanced"]) == (1, False)
    named = {(one["kind"], one["force"], one["subject"]) for one in told["discrepancies"]}
    strange = {subject for _, _, subject in named if subject.startswith("a name of")}
    assert named == {
        ("missing-at-far-end", "kent", lost.name),
        ("extra-at-far-end", "kent", "kent.records-system.routine.zzzz.000001.xml"),
        *(("extra-at-far-end", "kent", name) for name in strange),
        ("differs-at-far-end", "kent", changed.name),
        ("never-sent", "lancashire", never),
        ("missing-at-far-end", "lancashire", its_payload),
        ("acknowledged-for-nothing", "kent", NOBODY),
        ("moved-by-hand", "cheshire", moved),
        ("silent-feed", "lancashire", "2026-11-28"),
        ("twice-at-far-end", "kent", twin.name),
        ("twice-at-far-end", "kent", fourth),
        ("clock-differs", "kent", slow),
        ("history-truncated", "lancashire", cut),
        ("history-truncated", "lancashire", f"change {change_id}"),
    }
    assert len(strange) == 1
    details = {(one["kind"], one["subject"]): one["detail"] for one in told["discrepancies"]}
    assert details["clock-differs", slow] == "1 acknowledgements are dated up to 60 minutes before it was sealed"
    assert details["twice-at-far-end", twin.name] == f"the same bytes as {again.name}"
    assert "Angharad" not in said.out

    plain = system.reconciles("--far-ends", "--force", "kent", at=A_WEEK_LATER)
    assert plain.code == 1
    assert "What does not agree" in plain.out
    assert "Angharad" not in plain.out


def _never_sent(system: System) -> tuple[str, str]:
    """A drop is sealed for Lancashire, and somebody writes that it was delivered: its history, too."""
    ledger = system.hub.ledger
    system.stand_ins.faults(Fault("collects", force="cheshire"), Fault("connection-refused", force="lancashire"))
    system.take_in(crime(LANCASHIRE))
    pick_up(ledger, system.hub.source_of(system.intake, 0), system.hub.registry, system.hub.clock)
    prepare(ledger, system.hub.registry, system.hub.format_of, system.hub.checks, system.hub.clock)
    system.stand_ins.faults(Fault("collects", force="cheshire"))
    now = system.hub.clock.now()
    with ledger.write() as connection:
        drop, key = connection.execute(select(drops.c.id, drops.c.key).where(drops.c.state == "sealed")).one()
        name = connection.scalar(select(payloads.c.name).where(payloads.c.drop_id == drop, payloads.c.kind == PayloadKind.RECORDS))
        report = connection.scalar(select(reports.c.id).where(reports.c.drop_id == drop)) or 0
        for table in (payloads, members):
            column = "state" if table is payloads else "outcome"
            connection.execute(update(table).where(table.c.drop_id == drop).values({column: "delivered"}))
        connection.execute(update(drops).where(drops.c.id == drop).values(state="delivered", delivered_at=now))
        change(connection, "lancashire", Author("deliver", now), [Move(report, State.SEALED, State.DELIVERED)])
    return key, str(name)


def _acknowledged_an_hour_early(system: System) -> str:
    """Kent takes a drop and answers by a clock that is an hour slow."""
    quiet = (Fault("collects", force="cheshire"), Fault("silent", force="kent"))
    system.stand_ins.faults(*quiet)
    system.carry(crime(KENT), patience=0)
    submission = system.sent[KENT][-1]
    system.says("kent", {"submission_id": submission, "outcome": "accepted", "reference": "A-2", "at": "2026-11-22T05:00:00+00:00"})
    return next(str(row["key"]) for row in reversed(rows(system.hub.ledger, drops)) if row["force"] == "kent")


def _by_hand(system: System, moved: str, cut: str) -> int:
    """Somebody at the database: one report gets another state, the last step of another is taken out. Returns the change that lost it."""
    of = select(reports.c.id).join(submissions, submissions.c.id == reports.c.submission_id)
    lost: list[int] = []

    def write(connection: Connection) -> None:
        hand = of.where(submissions.c.submission_id == moved).scalar_subquery()
        connection.execute(update(reports).where(reports.c.id == hand).values(state="withdrawn"))
        report = connection.scalar(of.where(submissions.c.submission_id == cut))
        last = connection.scalar(select(func.max(history.c.id)).where(history.c.report_id == report))
        lost.extend(connection.scalars(select(history.c.change_id).where(history.c.id == last)))
        connection.execute(delete(noticed).where(noticed.c.history_id == last))
        connection.execute(delete(history).where(history.c.id == last))

    by_hand(system.hub.ledger, write)
    (gone,) = lost
    return gone


def test_of_a_national_sample_with_every_fault_nothing_is_named_at_any_of_44_forces(national: National) -> None:
    hub = national.hub
    assert discrepancies(hub.ledger, hub.registry, hub.clock) == []
    compared = list(compare_all(hub.ledger, hub.registry))
    assert {one.force for one in compared} == {row["force"] for row in rows(hub.ledger, drops)}
    assert [one.unreachable for one in compared if one.unreachable] == []
    assert [one for each in compared for one in each.discrepancies] == []
    delivered = [row for row in rows(hub.ledger, payloads) if row["state"] == "delivered"]
    assert sum(one.found for one in compared) == len(delivered)
