"""What operators do, on both databases: law by law, and two who do the same at once."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.changes import Author
from hub.ledger.choosing import Wanted
from hub.ledger.deliveries import begin_attempt, open_drops, pieces
from hub.ledger.holds import pause
from hub.ledger.lanes import claim_lane, release_lane
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done
from hub.ledger.tables import bodies, changes, drops, history, members, owners, payloads, reports, submissions
from hub.reasons import MAY_HAVE_ARRIVED, SEND_AGAIN, Arrived
from hub.steps import operate
from hub.steps.operate import Desk, NotDone
from hub.steps.operate_drops import void_drop
from hub.words import Lane
from tests.ledger.ledgers import ledger, ledger_url, new_file, one_database, open_ledger
from tests.ledger.making import all_at_once, kept, rows, submission_id
from tests.steps.house import AT, ESSEX, House, brought, sent, wire
from tests.steps.plights import acknowledged, in_doubt, rejected

__all__ = ["ledger", "ledger_url", "new_file", "one_database", "open_ledger"]


@pytest.fixture
def house(ledger: Ledger, forces: Registry) -> House:
    """On each of the two databases."""
    return House(ledger, forces)


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house.ledger, house.registry, house.clock, "alex", "force-agreed")


def named(*numbers: int) -> Wanted:
    return Wanted(tuple(submission_id(number) for number in numbers))


def whys(done: Done) -> str:
    return "; ".join(one.why for one in done.refused)


def unreadable(house: House, number: int, **others: Any) -> None:
    house.pick_up(brought(orjson.dumps(wire(number, ESSEX, **others)), f"{number}.json"))


def test_a_released_report_is_sent_anew_and_its_history_has_who_and_why(house: House, desk: Desk) -> None:
    rejected(house, 1, 2)
    assert operate.release(replace(desk, dry_run=True), named(1)).changed == 1
    assert house.states() == ["quarantined rejected"] * 2
    assert operate.release(desk, named(1)).changed == 1
    assert house.states() == ["waiting", "quarantined rejected"]
    assert [(row["actor"], row["reason"], row["reports"]) for row in rows(house.ledger, changes) if row["action"] == "release"] == [
        ("alex", "force-agreed", 1)
    ]
    house.prepare()
    house.deliver()
    assert house.states() == ["delivered", "quarantined rejected"]
    assert "the force has it" in whys(operate.release(desk, named(1)))
    assert operate.release(desk, Wanted(code="rejected", force="essex", oldest=5)).changed == 1


def test_what_nobody_asked_for_or_nobody_knows_is_refused(desk: Desk) -> None:
    with pytest.raises(NotDone, match="Say which"):
        operate.release(desk, Wanted())
    assert whys(operate.release(desk, named(7))) == "the ledger has no such report"


def test_two_who_release_the_same_at_once_release_it_once(house: House, desk: Desk) -> None:
    rejected(house, 1, 2, 3)
    done: list[Done] = []
    all_at_once(lambda who: done.append(operate.release(replace(desk, actor=who), named(1, 2, 3))), ("alex", "sam"))
    assert sum(one.changed for one in done) == 3
    assert house.states() == ["waiting"] * 3


def test_a_rerouted_report_is_a_new_pick_up_that_counts_once_in_the_nation(house: House, desk: Desk) -> None:
    rejected(house, 1)
    done = operate.reroute(desk, named(1), "kent")
    assert (done.changed, house.states()) == (1, ["re-routed", "waiting"])
    first, second = rows(house.ledger, submissions)
    assert (second["force"], second["rerouted_from"], second["identity"], second["submission_id"]) == (
        "kent",
        first["id"],
        None,
        first["submission_id"],
    )
    found = account(house.ledger)
    assert (found.balanced, found.total, found.of_force("kent"), found.of_force("essex")) == (True, 1, {"waiting": 1}, {"re-routed": 1})
    house.prepare()
    house.deliver("kent")
    assert house.states() == ["re-routed", "delivered"]
    assert whys(operate.reroute(desk, Wanted((f"#{first['id']}",)), "kent")) == "it is re-routed: another force has it now"


def test_two_who_reroute_the_same_make_one_of_it(house: House, desk: Desk) -> None:
    rejected(house, 1)
    all_at_once(lambda who: operate.reroute(replace(desk, actor=who), Wanted(force="essex"), "kent"), ("alex", "sam"))
    assert house.states() == ["re-routed", "waiting"]


def test_what_is_in_a_drop_is_not_taken_out_of_it_until_the_drop_is_voided(house: House, desk: Desk) -> None:
    house.sealed(1)
    assert pause(house.ledger, "essex", Author("pause", AT))
    assert house.states() == ["held paused"]
    for done in (operate.withdraw(desk, named(1)), operate.reroute(desk, named(1), "kent")):
        assert "void that first" in whys(done)
    key = rows(house.ledger, drops)[0]["key"]
    assert void_drop(desk, key) == 1
    assert operate.withdraw(desk, named(1)).changed == 1
    assert house.states() == ["withdrawn"]


def test_a_drop_that_may_have_arrived_is_voided_only_in_so_many_words(house: House, desk: Desk) -> None:
    house.sealed(1)
    claim = claim_lane(house.ledger, "essex", house.route("essex").name, Lane.ROUTINE)
    assert claim
    (one,) = open_drops(house.ledger, claim)
    begin_attempt(house.ledger, claim, one, pieces(house.ledger, one))
    with pytest.raises(NotDone, match="A worker is sending"):
        void_drop(desk, one.key)
    release_lane(house.ledger, claim)
    with pytest.raises(NotDone, match="may have arrived"):
        void_drop(desk, one.key)
    assert void_drop(desk, one.key, MAY_HAVE_ARRIVED) == 1
    assert house.states() == ["waiting"]


@pytest.mark.parametrize("force", ["essex", "kent"])
@pytest.mark.parametrize(
    ("what", "state", "drop"),
    [
        (Arrived.ARRIVED, "delivered", "delivered"),
        (Arrived.NOT_ARRIVED, "waiting", "voided"),
        (Arrived.REFUSED, "quarantined refused", "voided"),
    ],
)
def test_what_is_in_doubt_is_settled(house: House, desk: Desk, force: str, what: Arrived, state: str, drop: str) -> None:
    in_doubt(house, 1, 2, force=force)
    assert house.states() == ["in doubt"] * 2
    assert operate.settle(desk, named(1, 2), what).changed == 2
    assert house.states() == [state] * 2
    assert [row["state"] for row in rows(house.ledger, drops)] == [drop]
    assert {row["outcome"] for row in rows(house.ledger, members)} & {"in doubt"} == set()
    assert "in doubt" not in {row["state"] for row in rows(house.ledger, payloads)}
    assert operate.settle(desk, named(1), what).changed == 0


def test_an_amended_report_is_read_again_and_its_original_is_kept(house: House, desk: Desk) -> None:
    unreadable(house, 1, submitTime="yesterday")
    assert "it can still not be read" in whys(operate.release(desk, named(1)))
    for patch in (b'{"submissionContent": 5}', b'[{"op": "replace", "path": "/nowhere", "value": "secret"}]', b"5", b"{"):
        with pytest.raises(NotDone, match="Nothing was amended") as refused:
            operate.amend(desk, submission_id(1), patch)
        assert "secret" not in str(refused.value)
    assert operate.amend(desk, submission_id(1), b'{"submitTime": "2026-11-21T18:15:00+00:00"}').changed == 1
    assert [row["version"] for row in rows(house.ledger, bodies)] == [1, 2]
    original = orjson.loads(kept(house.ledger, bodies)[0])
    assert original["submitTime"] == "yesterday"
    assert "2026-11-21T18" not in repr(rows(house.ledger, changes)) + repr(rows(house.ledger, history))
    assert operate.release(desk, named(1)).changed == 1
    house.prepare()
    house.deliver()
    assert house.states() == ["delivered"]


def test_the_id_the_force_and_the_files_cannot_be_amended(house: House, desk: Desk) -> None:
    rejected(house, 1)
    for name in ("submissionId", "forceIdentifier", "attachments"):
        with pytest.raises(NotDone, match=name):
            operate.amend(desk, submission_id(1), orjson.dumps({name: "x"}))


def test_a_file_that_nobody_was_told_of_is_looked_at_when_its_report_is_let_go_on(house: House, desk: Desk) -> None:
    files = {"a.txt": b"a letter", "b.jpg": b"MZ, a program"}
    house.pick_up(brought(orjson.dumps(wire(1, ESSEX, files, submitTime="yesterday")), "1.json", files))
    house.pick_up(replace(sent(2, ESSEX, files), attachments={}), replace(sent(2, ESSEX, files), arrival="again"))
    operate.amend(desk, submission_id(1), b'{"submitTime": "2026-11-21T18:15:00+00:00"}')
    assert "release it" in whys(operate.reroute(desk, named(1), "kent"))
    assert operate.release(replace(desk, dry_run=True), named(1, 2)).changed == 0
    assert house.states() == ["quarantined envelope-incomplete", "quarantined attachment-missing", "duplicate"]
    done = operate.release(desk, named(1, 2))
    assert (done.changed, len(done.refused)) == (0, 2)
    assert "attachment-not-as-declared, attachments[1]" in whys(done)
    assert house.states() == ["quarantined attachment-not-as-declared"] * 2 + ["duplicate"]
    assert operate.release(desk, named(1, 2)).changed == 2
    house.prepare()
    house.deliver()
    assert house.states() == ["delivered", "delivered", "duplicate"]
    assert files["b.jpg"] in house.far_ends["essex"].held.values()


def test_one_of_two_with_the_same_id_goes_on_when_the_other_is_withdrawn(house: House, desk: Desk) -> None:
    rejected(house, 1)
    unreadable(house, 1, formVersion="9.1")
    house.pick_up(replace(sent(1, ESSEX, formVersion="9.2"), arrival="again"))
    second = f"#{rows(house.ledger, submissions)[1]['id']}"
    assert "withdraw one of the two" in whys(operate.release(desk, Wanted((second,))))
    first = f"#{rows(house.ledger, submissions)[0]['id']}"
    assert operate.withdraw(desk, Wanted((first,))).changed == 1
    assert operate.release(desk, Wanted((second,))).changed == 1
    assert [row["identity"] is not None for row in rows(house.ledger, submissions)][:2] == [False, True]


def test_a_report_is_redirected_to_a_third_party_that_is_on_the_list(house: House, desk: Desk) -> None:
    rejected(house, 1)
    with pytest.raises(NotDone, match="third party 'a-friend'"):
        operate.redirect(desk, named(1), "a-friend", {"report-fraud": ""})
    assert operate.redirect(desk, named(1), "report-fraud", {"report-fraud": ""}).changed == 1
    assert house.states() == ["redirected report-fraud"]


def test_what_was_delivered_or_accepted_is_sent_again_only_in_so_many_words(house: House, desk: Desk) -> None:
    house.sealed(1, 2)
    house.deliver()
    house.far_ends["essex"].says.append(acknowledged(1, accepted=True))
    house.confirm()
    assert operate.replay_period(desk, Wanted(force="essex")).changed == 0
    with pytest.raises(NotDone, match="only in these words"):
        operate.replay_period(desk, Wanted(force="essex"), "yes")
    done: list[Done] = []
    all_at_once(lambda who: done.append(operate.replay_period(replace(desk, actor=who), named(1, 2), SEND_AGAIN)), ("alex", "sam"))
    assert sum(one.changed for one in done) == 2
    assert house.states() == ["accepted", "waiting", "waiting"]
    assert account(house.ledger).total == 2


def test_who_takes_a_report_owns_it(house: House, desk: Desk) -> None:
    rejected(house, 1)
    operate.take(desk, named(1))
    operate.take(replace(desk, actor="sam"), named(1))
    assert [row["owner"] for row in rows(house.ledger, owners)] == ["sam"]
    assert house.states() == ["quarantined rejected"]
    assert rows(house.ledger, reports)[0]["state"] == "quarantined"
