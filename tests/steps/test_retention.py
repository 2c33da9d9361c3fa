"""What is erased when its time is up or a person asks, and what keeps it, on both databases."""

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from hub.clock import Clock
from hub.forces.registry import Registry
from hub.ledger import legal_holds
from hub.ledger.account import account
from hub.ledger.audit import verify
from hub.ledger.choosing import Wanted, choose
from hub.ledger.ledger import Ledger
from hub.ledger.rotation import standing_keys
from hub.ledger.tables import attachments, bodies, changes, data_keys, history, notices, submissions
from hub.retention import RetentionFile
from hub.steps import operate, retention, subject
from hub.steps.operate import Desk, NotDone
from hub.words import Purpose, State
from tests.ledger.ledgers import ledger, ledger_url, new_file, one_database, open_ledger
from tests.ledger.making import rows, submission_id, with_bytes
from tests.steps.house import AT, ESSEX, KENT, House, brought, sent
from tests.steps.plights import acknowledged, in_doubt, rejected

__all__ = ["ledger", "ledger_url", "new_file", "one_database", "open_ledger"]

RULES = RetentionFile.model_validate(
    {
        "days": {"accepted": 90, "delivered": 180, "re-routed": 30, "redirected": 30, "withdrawn": 30},
        "notices": 30,
        "services": {"crime": {"accepted": 100}},
    }
)
FILM = {"film.txt": b"a made-up film, all letters"}


@pytest.fixture
def house(ledger: Ledger, forces: Registry) -> House:
    return House(ledger, forces)


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house.ledger, house.registry, house.clock, "alex", "subject-asked")


def after(days: int) -> Clock:
    return Clock.at(AT + timedelta(days=days))


def accepted(house: House, *numbers: int, force: str = ESSEX) -> None:
    house.sealed(*numbers, force=force, files=FILM)
    slug = {ESSEX: "essex", KENT: "kent"}[force]
    house.deliver(slug)
    house.far_ends[slug].says += [acknowledged(number, accepted=True) for number in numbers]
    house.confirm(slug)


def erased(house: House, number: int) -> tuple[bool, ...]:
    """Of submission `number`: whether its bodies, its attachments, and the payloads that carried it are gone."""
    (row,) = [row for row in rows(house.ledger, submissions) if row["submission_id"] == submission_id(number)]
    its = [[one for one in rows(house.ledger, table) if one["submission_id"] == row["id"]] for table in (bodies, attachments)]
    its.append([one for one in with_bytes(house.ledger) if submission_id(number) in one["key"] or one["report_id"] == row["id"]])
    return tuple(all(one["body"] is one["uri"] is one["data_key"] is None for one in some) for some in its)


def held(house: House, number: int) -> None:
    chosen = choose(house.ledger, Wanted((submission_id(number),)), set(State), (Purpose.PRIMARY,))
    desk = Desk(house.ledger, house.registry, house.clock, "alex", "investigation")
    assert legal_holds.place(house.ledger, chosen, desk.author("place hold")).changed == 1


def test_bytes_go_when_their_time_is_up_and_history_and_counts_stay(house: House, tmp_path: Path) -> None:
    accepted(house, 1, 2)
    before = account(house.ledger).states, len(rows(house.ledger, history))
    assert retention.apply(house.ledger, RULES, after(99)).reports.total() == 0
    assert retention.apply(house.ledger, RULES, after(100), dry_run=True).reports == {("essex", "crime", "accepted"): 2}
    assert erased(house, 1) == (False, False, False)
    assert retention.apply(house.ledger, RULES, after(100)).reports == {("essex", "crime", "accepted"): 2}
    assert (erased(house, 1), erased(house, 2)) == ((True, True, True), (True, True, True))
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    found = account(house.ledger)
    assert (found.balanced, found.states, len(rows(house.ledger, history))) == (True, before[0], before[1] + 2)
    assert verify(house.ledger).sound
    (change,) = [row for row in rows(house.ledger, changes) if row["action"] == "erase"]
    assert (change["actor"], change["reason"], change["reports"]) == ("hub", "crime accepted: 100 days", 2)
    assert retention.apply(house.ledger, RULES, after(200)).reports.total() == 0


def test_what_has_not_come_to_its_end_is_kept_however_old_it_is(house: House) -> None:
    rejected(house, 1)
    in_doubt(house, 2)
    house.pick_up(sent(3, ESSEX), brought(b"{", "unreadable"))
    house.sealed(4, force=KENT)
    house.pick_up(sent(5, ESSEX))
    states = house.states()
    assert retention.apply(house.ledger, RULES, after(36_000)).reports.total() == 0
    assert house.states() == states
    assert not any(row["body"] is None for row in rows(house.ledger, bodies))


def test_a_legal_hold_keeps_a_report_and_the_drop_that_it_is_in_until_it_is_lifted(house: House, desk: Desk) -> None:
    accepted(house, 1, 2, force=KENT)  # one payload for both
    held(house, 1)
    assert [hold.reason for hold in legal_holds.legally_held(house.ledger)] == ["investigation"]
    assert retention.apply(house.ledger, RULES, after(100)).reports.total() == 1
    assert (erased(house, 1)[:2], erased(house, 2)[:2]) == ((False, False), (True, True))
    kinds = {row["kind"]: row["body"] is None and row["uri"] is None for row in with_bytes(house.ledger)}
    assert kinds == {"attachment": True, "records": False, "manifest": False}
    assert "under a legal hold" in subject.erase(desk, submission_id(1)).refused[0].why
    chosen = choose(house.ledger, Wanted((submission_id(1),)), set(State), (Purpose.PRIMARY,))
    assert legal_holds.lift(house.ledger, chosen, desk.author("lift hold")).changed == 1
    assert legal_holds.lift(house.ledger, chosen, desk.author("lift hold")).refused[0].why == "it is under no legal hold"
    retention.apply(house.ledger, RULES, after(100))
    assert erased(house, 1)[:2] == (True, True)
    assert [row["kind"] for row in with_bytes(house.ledger) if row["data_key"]] == ["manifest"]
    assert [row["action"] for row in rows(house.ledger, changes)][-3:] == ["erase", "lift hold", "erase"]
    assert verify(house.ledger).sound


def test_what_was_erased_cannot_be_held_and_who_is_held_cannot_be_held_again(house: House) -> None:
    accepted(house, 1, 2)
    held(house, 1)
    retention.apply(house.ledger, RULES, after(100))
    chosen = choose(house.ledger, Wanted((submission_id(1), submission_id(2))), set(State), (Purpose.PRIMARY,))
    author = Desk(house.ledger, house.registry, house.clock, "alex", "complaint").author("place hold")
    assert [one.why for one in legal_holds.place(house.ledger, chosen, author).refused] == [
        "it is under a legal hold already",
        f"its bytes were erased on {AT + timedelta(days=100):%Y-%m-%d}",
    ]


def test_when_all_that_a_key_sealed_is_gone_the_key_goes_with_it(house: House) -> None:
    accepted(house, 1)
    ours = [one for one in standing_keys(house.ledger)[0] if one.force == "essex"]
    retention.apply(house.ledger, RULES, after(100))
    assert [one.rows for one in standing_keys(house.ledger)[0] if one.force == "essex"] == [0]  # it may still seal what comes this month
    with house.ledger.write() as connection:
        connection.execute(update(data_keys).where(data_keys.c.force == "essex").values(period="2020-01"))
    assert (len(ours), retention.apply(house.ledger, RULES, after(100)).keys) == (1, 1)


def test_a_rerouted_report_keeps_its_file_at_its_target_when_its_origin_is_erased(house: House, desk: Desk, tmp_path: Path) -> None:
    house.pick_up(sent(1, ESSEX, FILM))
    assert operate.reroute(desk, Wanted((submission_id(1),)), "kent").changed == 1
    retention.apply(house.ledger, RULES, after(31))
    first, second = rows(house.ledger, attachments)
    assert (first["uri"], second["uri"] is not None) == (None, True)
    assert (tmp_path / "store" / second["uri"]).exists()
    assert (first["data_key"], second["data_key"] is not None) == (None, True)


def test_notices_go_once_the_platform_has_had_them_for_long_enough(house: House) -> None:
    from hub.ledger.notices import next_notice
    from hub.ledger.notices import sent as told

    accepted(house, 1)
    notice = next_notice(house.ledger, lambda _force: "42", AT)
    assert notice is not None
    assert retention.apply(house.ledger, RULES, after(90)).notices == 0
    told(house.ledger, notice.id, AT)
    assert retention.apply(house.ledger, RULES, after(29)).notices == 0
    assert retention.apply(house.ledger, RULES, after(30), dry_run=True).notices == 1
    assert retention.apply(house.ledger, RULES, after(30)).notices == 1
    assert rows(house.ledger, notices)[0]["body"] is None


def test_a_person_gets_everything_that_is_held_and_nothing_of_others(house: House, desk: Desk, tmp_path: Path) -> None:
    accepted(house, 1, 2)
    accepted(house, 3, 4, force=KENT)
    out = tmp_path / "export.zip"
    assert subject.export(desk, submission_id(1), out) == []
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as export:
        names = export.namelist()
        parts = ["bodies/version-1.json", "attachments/1", "payloads/1-", "payloads/3-", "ledger.json"]
        assert [name.startswith(f"arrival-1/{part}") for name, part in zip(names, parts, strict=True)] == [True] * 5
        assert json.loads(export.read("arrival-1/bodies/version-1.json"))["submissionId"] == submission_id(1)
        assert export.read("arrival-1/attachments/1") == FILM["film.txt"]
        said = json.loads(export.read("arrival-1/ledger.json"))
        whole = b"".join(export.read(name) for name in names)
    assert [said["acknowledgements"][0]["reference"], said["reports"][0]["state"]] == ["ESSEX-1", "accepted"]
    assert [step["action"] for one in said["way"] for step in one["steps"]] == ["pick up", "seal", "deliver", "confirm"]
    assert not any(submission_id(number).encode() in whole for number in (2, 3, 4))
    assert [row["actor"] for row in rows(house.ledger, changes) if row["action"] == "export"] == ["alex"]
    with pytest.raises(NotDone, match="is there already"):
        subject.export(desk, submission_id(1), out)
    subject.export(desk, submission_id(3), tmp_path / "shared.zip")
    with zipfile.ZipFile(tmp_path / "shared.zip") as export:
        said = json.loads(export.read("arrival-3/ledger.json"))
        assert [drop["shared"] for drop in said["drops"]] == [True]
        assert not any(submission_id(4).encode() in export.read(name) for name in export.namelist())


def test_a_person_who_asks_is_erased_and_everybody_is_told_so_from_then_on(house: House, desk: Desk, tmp_path: Path) -> None:
    accepted(house, 1, 2)
    assert subject.erase(replace(desk, dry_run=True), submission_id(1)).changed == 1
    assert erased(house, 1) == (False, False, False)
    assert subject.erase(desk, submission_id(1)).changed == 1
    assert (erased(house, 1), erased(house, 2)) == ((True, True, True), (False, False, False))
    assert (house.states(), verify(house.ledger).sound) == (["accepted"] * 2, True)
    assert subject.erase(desk, submission_id(1)).refused[0].why.startswith("it was erased on")
    again = operate.replay_period(desk, Wanted((submission_id(1),)), "send what was delivered again")
    assert {one.why for one in again.refused} == {"its bytes were erased, and cannot be had again (body-erased)"}
    missing = subject.export(desk, submission_id(1), tmp_path / "after.zip")
    assert missing[:2] == ["arrival-1/bodies/version-1.json: erased", "arrival-1/attachments/1: erased"]


def test_what_is_on_its_way_or_waits_for_somebody_is_not_erased(house: House, desk: Desk) -> None:
    house.pick_up(sent(1, ESSEX))
    assert "it is waiting, not at an end" in subject.erase(desk, submission_id(1)).refused[0].why
    house.prepare()
    assert "it is sealed, not at an end" in subject.erase(desk, submission_id(1)).refused[0].why
    with pytest.raises(NotDone, match="has no submission"):
        subject.erase(desk, submission_id(9))
    accepted(house, 3, 4, force=KENT)
    held(house, 4)
    assert "our copy of the drop kent." in subject.erase(desk, submission_id(3)).refused[0].why


def test_nothing_of_what_was_erased_is_left_in_the_file_of_an_sqlite_ledger(house: House, desk: Desk) -> None:
    if not house.ledger.database.is_sqlite:
        pytest.skip("PostgreSQL leaves what was overwritten until its pages are used again: docs/security.md")
    accepted(house, 1, 2)
    boxes = [row["body"] for row in rows(house.ledger, bodies)]
    assert subject.erase(desk, submission_id(1)).changed == 1
    file = Path(str(house.ledger.database.url.database))
    found = b"".join(path.read_bytes() for path in file.parent.glob("ledger.db*"))
    assert [box[20:60] in found for box in boxes] == [False, True]


def test_the_time_of_an_end_is_by_service_and_end() -> None:
    assert (RULES.of("crime", State.ACCEPTED), RULES.of("crime", State.DELIVERED), RULES.of("hate-crime", State.ACCEPTED)) == (100, 180, 90)
    assert RULES.of("crime", State.REROUTED) == 30
