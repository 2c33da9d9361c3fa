"""Who is live decides who is sent to, by the one clock; and what comes twice goes once."""

from pathlib import Path

from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.trace import trace
from hub.words import State
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, held_of, holders, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import AT, crime, put
from tests.mappings.test_forces import LIVE_ON_8_MARCH_2021

MARCH = "2021-03-08T06:00:00+00:00"
THEN = {"submitTime": "2021-03-07T18:15:00+00:00"}


def test_on_8_march_2021_exactly_the_live_forces_are_sent_to_and_the_others_wait_for_their_date(
    hub_of: OpenHub, stand_ins: StandIns, registry: Registry, tmp_path: Path
) -> None:
    sent = {slug: crime(force.pnc_code, **THEN) for slug, force in registry.forces.items()}
    for slug, wire in sent.items():
        wire["digitalReport"]["incident"] |= {"occurredFrom": "2021-03-06T22:00:00+00:00", "occurredTo": "2021-03-06T23:00:00+00:00"}
        put(tmp_path / "intake", f"{slug}.json", wire)
    hub = hub_of(MARCH)
    carry(hub, tmp_path / "intake")
    live, waiting = ("accepted", None), ("held", "force-not-live")
    assert outcomes(hub.ledger) == {f"{slug}.json": live if slug in LIVE_ON_8_MARCH_2021 else waiting for slug in sent}
    assert {forces[0] for forces in holders(held_of(stand_ins, hub.ledger)).values()} == LIVE_ON_8_MARCH_2021
    assert account(hub.ledger).totals() == {State.HELD: 16, State.ACCEPTED: 28}

    assert carry(hub_of("2021-03-09T06:00:00+00:00")).prepared.let_go == 0
    later = hub_of(AT)
    assert carry(later).prepared.let_go == 16
    assert set(outcomes(later.ledger).values()) == {live}
    assert holders(held_of(stand_ins, later.ledger)) == {wire["submissionId"]: [slug] for slug, wire in sent.items()}
    assert account(later.ledger).balanced


def test_a_service_that_a_force_does_not_take_yet_waits_though_the_force_is_live(hub_of: OpenHub, tmp_path: Path) -> None:
    wire = crime("46", category="DOA", **THEN)
    wire["digitalReport"]["incident"] |= {"occurredFrom": "2021-03-06T22:00:00+00:00", "occurredTo": "2021-03-06T23:00:00+00:00"}
    put(tmp_path / "intake", "a.json", wire)
    hub = hub_of(MARCH)
    carry(hub, tmp_path / "intake")
    assert outcomes(hub.ledger) == {"a.json": ("held", "service-not-live")}
    later = hub_of("2021-05-24T06:00:00+01:00")
    carry(later)
    assert outcomes(later.ledger) == {"a.json": ("accepted", None)}
    [one] = trace(later.ledger, wire["submissionId"])
    assert [step.what for step in one.steps] == ["held", "held → waiting", "waiting → sealed", "sealed → delivered", "delivered → accepted"]
    assert one.day == "2021-03-08"


def test_the_same_submission_again_is_a_duplicate_and_a_changed_one_a_conflict(
    hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path
) -> None:
    intake, wire = tmp_path / "intake", crime("46")
    changed = {**wire, "formVersion": "3.3"}
    put(intake, "first.json", wire)
    put(intake, "same-pass.json", wire)
    hub = hub_of()
    carry(hub, intake)
    before = held_of(stand_ins, hub.ledger)
    put(intake, "again.json", wire)
    put(intake, "changed.json", changed)
    carry(hub, intake)
    put(intake, "changed-again.json", changed)
    put(intake, "first.json", wire)  # under the name of a file that was taken
    carry(hub_of(), intake)
    found = outcomes(hub.ledger)
    assert [found[name] for name in ("again.json", "changed.json", "changed-again.json")] == [
        ("duplicate", None),
        ("quarantined", "conflict"),
        ("duplicate", None),
    ]
    totals = account(hub.ledger).totals()
    assert totals == {State.ACCEPTED: 1, State.DUPLICATE: 4, State.QUARANTINED: 1}
    assert held_of(stand_ins, hub.ledger) == before
    assert holders(before) == {wire["submissionId"]: ["kent"]}
    assert len(trace(hub.ledger, wire["submissionId"])) == 6
    assert account(hub.ledger).balanced
