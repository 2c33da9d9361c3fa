import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from hub.alarms import MEANINGS, AlarmKind
from hub.clock import Clock
from hub.contracts import Absent, CannotTell, Misconfigured, Unavailable
from hub.forces.registry import Registry
from hub.gravity import Gravity, Limits
from hub.ledger import notices, store
from hub.ledger.account import account
from hub.ledger.alarms import Alarm, Changed, standing
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move, change
from hub.ledger.choosing import Wanted
from hub.ledger.circuits import close, trip
from hub.ledger.holds import pause, resume
from hub.ledger.tables import contents, payloads, reports
from hub.steps.alarms import look
from hub.steps.operate import Desk, take
from hub.steps.retry import Retry
from hub.steps.worklist import worklist
from hub.words import PayloadKind, State
from tests.ledger.making import an_arrival, said
from tests.steps.fakes import Lost
from tests.steps.house import AT, ESSEX, KENT, House, brought, sent

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Told = tuple[str, str, str, int]  # kind, force, subject, number


def looked(house: House, after: timedelta = timedelta(0), **others: Any) -> Changed:
    house.clock = Clock.at(AT + after)
    return look(house.ledger, house.registry, house.clock, **others)


def told(alarms: tuple[Alarm, ...]) -> list[Told]:
    return [(alarm.trouble.kind.value, alarm.trouble.force, alarm.trouble.subject, alarm.trouble.number) for alarm in alarms]


def test_where_all_is_well_no_alarm_stands(house: House) -> None:
    house.sealed(1)
    house.deliver()
    house.far_ends["essex"].says = [said(1)]
    house.confirm()
    assert looked(house, account=account(house.ledger)) == Changed()
    assert looked(house, 30 * DAY) == Changed()


@pytest.fixture
def acknowledging(house: House, mappings: Path, tmp_path: Path) -> House:
    """Essex, which acknowledges within two hours."""
    house.registry = registry_with(mappings, tmp_path, "acknowledgements: /out", "expect: {acknowledged_within: 2h}")
    return house


def registry_with(mappings: Path, folder: Path, transport: str, expect: str = "") -> Registry:
    """The registry with another file for Essex."""
    copy = Path(shutil.copytree(mappings, folder / "mappings"))
    file = copy / "forces" / "essex.yaml"
    file.write_text(f"{file.read_text().replace('transport: {host', f'transport: {{{transport}, host')}{expect}\n")
    registry = Registry.load(copy)
    assert not registry.broken
    return registry


def test_a_drop_that_is_not_acknowledged_in_the_forces_time_is_an_alarm_until_it_is(acknowledging: House) -> None:
    house = acknowledging
    house.sealed(1, 2)
    house.deliver()
    house.sealed(3)
    house.deliver()
    assert looked(house, timedelta(hours=2)) == Changed()
    raised = looked(house, timedelta(hours=3)).raised
    assert told(raised) == [("unacknowledged", "essex", "records-system", 2)]
    assert raised[0].trouble.detail == f"essex.records-system.routine.{house.ledger.series}.000001"

    house.far_ends["essex"].says = [said(1, batch="a"), said(3, batch="a")]
    house.confirm()
    assert looked(house, timedelta(hours=3)) == Changed()
    assert told(tuple(standing(house.ledger))) == [("unacknowledged", "essex", "records-system", 1)]
    house.far_ends["essex"].says = [said(2, accepted=False, batch="b")]
    house.confirm()
    assert told(looked(house, timedelta(hours=3)).cleared) == [("unacknowledged", "essex", "records-system", 1)]


@pytest.mark.parametrize(
    ("transport", "expect", "after"),
    [
        ("name: rest", "", 30 * DAY),
        ("acknowledgements: /out", "expect: {acknowledged_within: never}", 30 * DAY),
        ("acknowledgements: /out", "expect: {acknowledged_within: 3d}", 3 * DAY),
        ("acknowledgements: /out", "", DAY),
    ],
    ids=["a route without acknowledgements", "never", "three days", "a day where nothing is said"],
)
def test_who_is_not_late_raises_no_alarm(
    house: House, mappings: Path, tmp_path: Path, transport: str, expect: str, after: timedelta
) -> None:
    house.registry = registry_with(mappings, tmp_path, transport, expect)
    house.sealed(1)
    house.deliver()
    assert looked(house, after) == Changed()


def test_where_nothing_is_said_a_day_is_the_time(house: House, mappings: Path, tmp_path: Path) -> None:
    house.registry = registry_with(mappings, tmp_path, "acknowledgements: /out")
    house.sealed(1)
    house.deliver()
    assert len(looked(house, DAY + timedelta(seconds=1)).raised) == 1


def test_acknowledgements_for_nothing_that_was_sent_are_an_alarm_for_a_week(house: House) -> None:
    house.far_ends["essex"].says = [said(98), said(99)]
    house.confirm()
    expected = [("unmatched-acknowledgement", "essex", "records-system", 2)]
    assert told(looked(house).raised) == expected
    assert looked(house, 7 * DAY) == Changed()
    assert told(looked(house, 8 * DAY).cleared) == expected


def test_an_open_circuit_is_one_alarm_for_all_who_share_the_far_end(house: House) -> None:
    house.sealed(1)
    house.far_ends["essex"].faults = [Unavailable("connection-refused")] * 9
    house.deliver(retry=Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0))
    raised = looked(house).raised
    assert told(raised) == [("circuit-open", "hub", "shared live", 1)]
    assert raised[0].trouble.detail == "connection-refused: essex, kent"


def test_an_open_circuit_of_one_force_is_that_forces(house: House, forces: Registry) -> None:
    house.sealed(1)
    house.far_ends["essex"].faults = [Unavailable("connection-refused")] * 9
    house.deliver(retry=Retry(attempts=1, first=0.0, longest=0.0, jitter=0.0))
    house.registry = Registry({"essex": forces.forces["essex"]}, {}, {})
    assert told(looked(house).raised) == [("circuit-open", "essex", "shared live", 1)]


def test_what_is_in_doubt_is_an_alarm_with_its_drop(house: House) -> None:
    house.sealed(1)
    house.far_ends["essex"].faults = [Lost(kept=True)]
    house.far_ends["essex"].findings = [Absent(), CannotTell()]
    house.deliver()
    house.deliver()
    raised = looked(house).raised
    assert told(raised) == [("in-doubt", "essex", "records-system", 1)]
    assert raised[0].trouble.detail == f"essex.records-system.routine.{house.ledger.series}.000001"


def test_quarantine_is_an_alarm_after_an_hour_where_it_is_grave_and_else_after_a_day(house: House) -> None:
    house.pick_up(brought(b"{", "1.json"), brought(b"[", "2.json"), sent(3, ESSEX, category="nothing known"))
    assert looked(house, HOUR) == Changed()
    with house.ledger.write() as connection:
        connection.execute(update(reports).where(reports.c.id == 2).values(service="crime", lane="urgent"))
        connection.execute(update(reports).where(reports.c.id == 1).values(service="road-traffic"))
    first = looked(house, 2 * HOUR).raised
    assert told(first) == [("quarantine-old", "unknown", "danger", 1), ("quarantine-old", "unknown", "unknown", 1)]
    assert [alarm.trouble.detail for alarm in first] == ["not-json 1; 1 without an owner", "not-json 1; 1 without an owner"]
    later = looked(house, DAY + HOUR).raised
    assert told(later) == [("quarantine-old", "essex", "deadline", 1)]
    assert later[0].trouble.detail == "unknown-service 1; 1 without an owner"


def test_a_file_may_give_other_ages_and_the_worklist_keeps_to_the_same(house: House) -> None:
    house.pick_up(sent(1, ESSEX))
    with house.ledger.write() as connection:
        change(connection, "essex", Author("check", AT), [Move(1, State.WAITING, State.QUARANTINED, "code-unmapped")])
    ages = Limits.model_validate({"routine": "90m"}).ages()
    assert looked(house, HOUR, ages=ages) == Changed()
    (item,) = worklist(house.ledger, {}, Clock.at(AT + HOUR), Wanted(), ages=ages)
    assert (item.gravity, item.passed) == (Gravity.ROUTINE, False)
    assert told(looked(house, 2 * HOUR, ages=ages).raised) == [("quarantine-old", "essex", "routine", 1)]
    (item,) = worklist(house.ledger, {}, house.clock, Wanted(), ages=ages)
    assert item.passed


def test_a_report_that_waits_on_two_routes_counts_once_and_one_that_is_owned_says_so(house: House) -> None:
    house.pick_up(sent(1, ESSEX), sent(2, ESSEX))
    with house.ledger.write() as connection:
        row = {"force": "essex", "service": "crime", "day": date(2026, 11, 21), "lane": "routine", "state": "waiting", "since": AT}
        connection.execute(insert(reports).values(**row, submission_id=1, purpose="copy", route="control-room"))
        moves = [Move(report, State.WAITING, State.QUARANTINED, "code-unmapped") for report in (1, 2, 3)]
        change(connection, "essex", Author("check", AT), moves)
    assert take(Desk(house.ledger, house.registry, house.clock, "an operator", "take"), Wanted(("#1",))).changed == 2
    (raised,) = looked(house, 2 * DAY).raised
    assert (raised.trouble.number, raised.trouble.detail) == (2, "code-unmapped 2; 1 without an owner")


def test_a_feed_that_was_too_small_on_a_finished_day_is_an_alarm_until_one_is_not(house: House) -> None:
    house.pick_up(*(sent(number) for number in range(40)))  # Kent expects 40 a day; the hub begins on this one
    found = account(house.ledger)
    assert looked(house, DAY, account=found) == Changed()  # it is not a whole one
    raised = looked(house, 2 * DAY, account=found).raised
    assert told(raised) == [("silent-feed", "kent", "", 0)]
    house.pick_up(*(sent(number) for number in range(40, 80)))
    assert looked(house, 2 * DAY, account=found) == Changed()
    assert looked(house, 3 * DAY) == Changed()  # without an account nothing is said of it
    assert told(looked(house, 3 * DAY, account=found).cleared) == [("silent-feed", "kent", "", 0)]


def test_a_force_that_is_not_live_yet_is_not_called_silent(house: House) -> None:
    house.clock = Clock.at(datetime(2021, 2, 20, tzinfo=UTC))
    house.pick_up(sent(1))
    house.clock = Clock.at(datetime(2021, 2, 23, tzinfo=UTC))
    assert look(house.ledger, house.registry, house.clock, account(house.ledger)) == Changed()


def test_an_account_that_does_not_balance_is_an_alarm_of_the_force_where_it_does_not(house: House) -> None:
    house.pick_up(sent(1, ESSEX))
    with house.ledger.write() as connection:
        connection.execute(update(reports).values(state=State.ACCEPTED))
    assert told(looked(house, account=account(house.ledger)).raised) == [("unbalanced", "essex", "", 2)]
    with house.ledger.write() as connection:
        connection.execute(update(reports).values(state=State.WAITING))
    assert told(looked(house, account=account(house.ledger)).cleared) == [("unbalanced", "essex", "", 2)]


def test_a_notice_that_the_platform_refuses_or_does_not_take_is_an_alarm(house: House) -> None:
    house.pick_up(sent(1))
    with house.ledger.write() as connection:
        change(connection, "kent", Author("withdraw", AT), [Move(1, State.WAITING, State.WITHDRAWN)])
    sealed = notices.next_notice(house.ledger, house.registry.code_of, AT)
    assert sealed is not None
    assert looked(house, timedelta(hours=4)) == Changed()
    assert told(looked(house, timedelta(hours=5)).raised) == [("untold", "hub", "", 1)]
    notices.refused(house.ledger, sealed.id, "bad-line", AT)
    changed = looked(house, timedelta(hours=5))
    assert (told(changed.raised), told(changed.cleared)) == ([("notice-refused", "hub", "", 1)], [("untold", "hub", "", 1)])
    assert changed.raised[0].trouble.detail == f"outcomes.{house.ledger.series}.000001 bad-line"
    notices.sent(house.ledger, sealed.id, AT)
    assert told(looked(house).cleared) == [("notice-refused", "hub", "", 1)]


def test_every_kind_says_what_is_wrong_and_what_to_do() -> None:
    assert MEANINGS.keys() == set(AlarmKind)
    assert all(meaning.what and meaning.number and meaning.do for meaning in MEANINGS.values())


def test_a_far_end_that_shows_another_host_key_is_an_alarm_of_its_force_alone(house: House) -> None:
    house.sealed(1)
    house.far_ends["essex"].faults = [Misconfigured("host-key-differs")]
    assert house.deliver().stopped == "host-key-differs"
    assert told(looked(house).raised) == [("misconfigured", "essex", "records-system", 1)]
    assert standing(house.ledger)[0].trouble.detail == "host-key-differs"
    assert told(looked(house, 2 * HOUR).raised) == []  # one cause, one alarm
    house.deliver()
    assert told(looked(house, 2 * HOUR).cleared) == [("misconfigured", "essex", "records-system", 1)]


def test_a_drop_that_nobody_sends_is_an_alarm_after_an_hour(house: House) -> None:
    house.sealed(1)
    assert looked(house, HOUR).raised == ()
    assert told(looked(house, HOUR + timedelta(seconds=1)).raised) == [("not-sent", "essex", "records-system", 1)]
    pause(house.ledger, "essex", Author("pause", AT, "an operator"))  # what is held is no secret
    assert told(looked(house, 2 * HOUR).cleared) == [("not-sent", "essex", "records-system", 1)]


def test_a_drop_that_an_open_circuit_keeps_is_no_second_alarm(house: House) -> None:
    """Let go by one thing while the other still keeps it: a force is resumed while its far end is down."""
    house.sealed(1)
    pause(house.ledger, "essex", Author("pause", AT, "an operator"))
    trip(house.ledger, house.route("essex").endpoint, "timeout", AT, AT)
    resume(house.ledger, "essex", Author("resume", AT, "an operator"))
    assert house.states() == ["sealed"]
    assert [kind for kind, *_ in told(looked(house, 2 * HOUR).raised)] == ["circuit-open"]
    close(house.ledger, house.route("essex").endpoint)
    assert [kind for kind, *_ in told(looked(house, 2 * HOUR).raised)] == ["not-sent"]


def test_a_store_that_lost_or_altered_what_was_sealed_is_an_alarm_for_a_day(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "INLINE", 10)
    records = select(contents.c.uri).join(payloads).where(payloads.c.kind == PayloadKind.RECORDS)
    for number in (1, 2):
        house.sealed(number, force=KENT)
        with house.ledger.read() as connection:
            uris = connection.scalars(records.order_by(payloads.c.id)).all()
        (Path(house.ledger.store.url) / str(uris[-1])).write_bytes(b"?")
        house.deliver("kent")
    raised = looked(house).raised
    assert told(raised) == [("spoilt", "kent", "attachment-damaged", 2)]
    assert raised[0].trouble.detail == f"kent.records-system.routine.{house.ledger.series}.000002"
    house.prepare()
    house.deliver("kent")
    assert house.states() == ["delivered", "delivered"]
    since = datetime.now(UTC) - AT
    assert looked(house, since).cleared == ()
    assert told(looked(house, since + DAY + HOUR).cleared) == [("spoilt", "kent", "attachment-damaged", 2)]


def test_reports_that_a_forces_file_holds_up_are_an_alarm(house: House) -> None:
    record(house.ledger, [an_arrival(n, force="essex", state=State.HELD, code="no-route") for n in (1, 2)], AT)
    assert told(looked(house).raised) == [("no-route", "essex", "no-route", 2)]
