"""A back-up is put in the place of a lost ledger: nothing is sent twice to far ends that know more than it, and nothing is lost.

Three far ends: one that can be listed and read (Kent), one that is posted to (Lancashire), one that takes every file away (Cheshire).
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe

import pytest
from sqlalchemy import text

from flows.wiring import Hub, open_hub
from hub.alarms import AlarmKind
from hub.clock import Clock
from hub.discrepancies import Kind
from hub.ledger.account import account
from hub.ledger.fates import fates
from hub.settings import Settings
from hub.steps.alarms import look
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.reconcile import discrepancies
from sandbox.faults import Fault
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.console.conftest import Person
from tests.end_to_end.carrying import carry
from tests.end_to_end.conftest import LEDGERS, new_ledger
from tests.end_to_end.intake import AT, Wire, announce, crime, put
from tests.end_to_end.test_reconciliation import three_forces

ROUTE = "records-system"
KENT, LANCASHIRE, CHESHIRE = FORCES = ("46", "04", "07")
PHOTO = jpeg(b"a made-up photograph")
LARGE = jpeg(b"\0" * 100_000)


@dataclass
class System:
    """A hub, its far ends, and every submission that was ever put into its intake."""

    hub: Hub
    stand_ins: StandIns
    person: Person
    folder: Path
    sent: dict[str, Wire] = field(default_factory=dict)

    def take_in(self, *wires: Wire) -> list[str]:
        for wire in wires:
            self.sent[wire["submissionId"]] = wire
            plain = {name: value for name, value in wire.items() if name != "files"}
            put(self.folder / "intake", f"{wire['submissionId']}.json", plain, wire.get("files"))
        return [wire["submissionId"] for wire in wires]

    def pick_up(self) -> None:
        pick_up(self.hub.ledger, self.hub.source_of(self.folder / "intake", 0), self.hub.registry, self.hub.clock)

    def prepare(self) -> None:
        prepare(self.hub.ledger, self.hub.registry, self.hub.format_of, self.hub.checks, self.hub.clock)

    def carry(self, patience: float = 10) -> None:
        carry(self.hub, self.folder / "intake", patience=patience)

    def held(self) -> Counter[str]:
        """How often each submission lies at a force."""
        return Counter(report.submission_id for one in self.stand_ins.holdings().values() for report in one.reports)

    def states(self) -> dict[str, str]:
        """Where each stands, with its code; the account balances."""
        assert account(self.hub.ledger).balanced
        return {one.submission_id or one.name: " ".join(filter(None, (one.state, one.code))) for one in fates(self.hub.ledger)}

    def lose_everything(self) -> None:
        """The hub's own things are gone: the ledger, its store, its home."""
        settings = self.hub.settings
        if not self.hub.ledger.database.is_sqlite:
            with self.hub.ledger.database.engine.begin() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
        self.hub.close()
        shutil.rmtree(settings.home)

    def open_again(self) -> None:
        self.hub = open_hub(self.hub.settings, self.hub.clock)


@pytest.fixture(params=LEDGERS)
def system(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    mappings = three_forces(tmp_path / "mappings")
    with StandIns(tmp_path / "sandbox", mappings, AT) as stand_ins, new_ledger(request) as url:
        stand_ins.faults(Fault("collects", force="cheshire"))
        (tmp_path / "key").write_text(token_urlsafe(32))
        keys = {"HUB_KEYS": f"file:{tmp_path / 'key'}"}
        environment = {**keys, "HUB_MAPPINGS": str(mappings), "HUB_ENDPOINTS": str(stand_ins.endpoints), "HUB_LEDGER_URL": url}
        settings = Settings.read({"HUB_HOME": str(tmp_path / "home"), **environment})
        hub = open_hub(settings, Clock.at(datetime.fromisoformat(AT)))
        system = System(hub, stand_ins, Person(tmp_path / "home", environment), tmp_path)
        yield system
        system.hub.close()


def _with_photo(force: str, name: str = "1.jpg", media_type: str = "image/jpeg") -> Wire:
    return crime(force, files={name: LARGE}, attachments=[announce(LARGE, name, media_type)])


@dataclass
class Lost:
    """What was where when the ledger was lost, by submission id, of Kent, Lancashire and Cheshire in turn; and its back-up."""

    backup: Path
    accepted: list[str]
    sealed: list[str]  # when the back-up was made, and sent since
    stuck: list[str]  # in quarantine when the back-up was made, and released and sent since
    waiting: list[str]  # when the back-up was made, and sent since
    later: list[str]  # picked up and sent since
    again: list[str]  # the same, and the platform sends them once more


def _lose(system: System) -> Lost:
    """A back-up, then more is carried, then all that the hub had is gone."""
    accepted = system.take_in(*(crime(force) for force in FORCES))
    system.carry()
    sealed = system.take_in(*(_with_photo(force) for force in FORCES))
    system.pick_up()
    system.prepare()
    stuck = system.take_in(*(_with_photo(force, "1.exe", "application/x-msdownload") for force in FORCES))
    waiting = system.take_in(*(crime(force) for force in FORCES))
    system.pick_up()
    backup = system.folder / "backup"
    made = system.person.says("backup", backup, "--at", AT, "--json").json()
    assert (made["objects"], made["missing"]) == (6, [])  # a photograph each, twice
    key = (system.folder / "key").read_bytes()
    assert [file for file in backup.rglob("*") if file.is_file() and key in file.read_bytes()] == []

    assert system.person.says("release", *stuck, "--reason", "force-agreed", "--yes").code == 0
    later, again = (system.take_in(*(crime(force) for force in FORCES)) for _ in range(2))
    system.carry(patience=0)
    assert system.held() == Counter([*accepted, *sealed, *stuck, *waiting, *later, *again])
    system.lose_everything()
    return Lost(backup, accepted, sealed, stuck, waiting, later, again)


def test_what_left_after_the_back_up_is_not_sent_again_and_nothing_that_the_intake_has_is_lost(system: System) -> None:
    lost = _lose(system)
    held = system.held()
    never = _restored_and_nothing_is_sent(system, lost)
    assert system.held() == held
    _compared(system, lost)
    assert system.held() == held

    system.carry(patience=2)
    states = system.states()
    assert system.held() == held + Counter([never[0]])
    assert (states[lost.again[0]], states[never[0]]) == ("delivered", "accepted")  # its acknowledgement went with the lost ledger
    assert {states[name] for name in (lost.again[2], never[2], never[1])} == {"in doubt"}  # nobody can tell of these

    _settle_as_it_is(system)
    still = [name for name, state in system.states().items() if state.startswith("quarantined")]
    assert system.person.says("release", *still, "--reason", "force-agreed", "--yes").code == 0
    system.carry(patience=2)
    _settle_as_it_is(system)  # what was released may have left before, too
    system.carry(patience=5)
    states = system.states()
    assert system.held() == Counter(list(system.sent))
    assert system.sent.keys() - states.keys() == set(lost.later)
    assert set(states.values()) == {"delivered", "accepted"}
    wrong = [(one.kind, one.subject) for one in discrepancies(system.hub.ledger, system.hub.registry, system.hub.clock)]
    assert wrong == [(Kind.FOR_NOTHING, lost.later[1])]  # Lancashire speaks of what nobody brought again


def _restored_and_nothing_is_sent(system: System, lost: Lost) -> list[str]:
    """The back-up in the place of the ledger, with more in the intake. Returns what was never sent to anybody."""
    said = system.person.says("restore", lost.backup, "--at", AT, "--json")
    assert said.code == 0, said.err
    assert said.json()["new_series"] != said.json()["series"]
    assert system.person.says("restore", lost.backup, "--at", AT).code == 1  # there is a ledger now
    never = system.take_in(*(crime(force) for force in FORCES))
    system.take_in(*(system.sent[name] for name in lost.again))
    system.open_again()
    system.carry(patience=0)
    states = system.states()
    assert {states[name] for name in (*lost.sealed, *lost.waiting, *lost.again, *never)} == {"held compare-first"}
    assert "compare first" in system.person.says("status", "--json").json()["forces"]["kent"]["trouble"]
    assert [one.trouble.kind for one in look(system.hub.ledger, system.hub.registry, system.hub.clock).raised] == [AlarmKind.COMPARE_FIRST]
    return never


def _compared(system: System, lost: Lost) -> None:
    """Each far end is asked; what it has is delivered, what it cannot tell in doubt, and what nobody brought again is named."""
    compared = system.person.says("restore", "compare", "--at", AT, "--json")
    assert compared.code == 0, compared.err
    told = compared.json()
    assert {one["force"]: one["blind"] for one in told["routes"]} == {
        "cheshire": "the far end takes files away",
        "kent": None,
        "lancashire": "this transport lists nothing",
    }
    missing = {(one["force"], one["submission_id"]) for one in told["missing"]}
    assert missing == {("kent", lost.later[0]), ("lancashire", lost.later[1])}  # of Cheshire's nobody can know
    states = system.states()
    assert {states[of[0]] for of in (lost.sealed, lost.stuck, lost.waiting)} == {"delivered"}
    assert (states[lost.sealed[1]], states[lost.sealed[2]], states[lost.waiting[2]]) == ("delivered", "in doubt", "in doubt")
    assert {states[of[1]] for of in (lost.waiting, lost.again)} == {"delivered"}  # the force has spoken of them
    assert system.person.says("restore", "compare", "--at", AT, "--json").json()["routes"] == []


def _settle_as_it_is(system: System) -> None:
    """The forces say of each report in doubt whether they have it, and a person settles it so."""
    held, told = system.held(), dict[str, list[str]]()
    for name, state in system.states().items():
        if state == "in doubt":
            told.setdefault("arrived" if held[name] else "not-arrived", []).append(name)
    for answer, names in told.items():
        assert system.person.says("settle", *names, "--as", answer, "--reason", "force-said-so", "--yes").code == 0
