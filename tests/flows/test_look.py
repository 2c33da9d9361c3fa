"""What the dispatcher sees, without the orchestrator."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sources.folder import is_submission
from flows.confirm import _long_unasked
from flows.look import AGAIN, ALARMS, Lookout, Pace
from flows.wiring import Hub
from hub.clock import Clock
from hub.ledger.arrivals import record
from hub.ledger.changes import Author, Move, change
from hub.ledger.dispatching import begin_schedules, end_watch, serve, served, take_watch
from hub.ledger.holds import pause, resume
from hub.ledger.ledger import Ledger
from hub.ledger.queue import NotYet
from hub.ledger.standing import routes_to_confirm
from hub.schedule import route_name
from hub.steps.confirm import confirm
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.slots import done_with, waits_for_its_slot
from hub.words import Lane, State
from sandbox.stand_ins import StandIns
from tests.flows.conftest import AT, HubOf
from tests.flows.made_up import Submissions, few_forces, put, sample
from tests.ledger.making import an_arrival

pytestmark = pytest.mark.xdist_group("prefect")  # with the others, for their stand-ins

NEVER = Pace(ask=float("inf"), account=float("inf"))
KENT = ("kent", "records-system")


class Place:
    """A hub of three forces with an intake, a clock that the test moves, and the dispatcher's look at it all."""

    def __init__(self, hub_of: HubOf, mappings: Path, intake: Path) -> None:
        self.now = AT + timedelta(minutes=1)
        self.intake = intake
        self.hub: Hub = hub_of(Clock(lambda: self.now), mappings=mappings)
        self.lookout = Lookout(self.hub, intake, 0, NEVER)

    def pick_up(self) -> None:
        pick_up(self.hub.ledger, self.hub.source_of(self.intake, 0), self.hub.registry, self.hub.clock)

    def because(self) -> tuple[str, ...]:
        todo = self.lookout.look()
        return todo.because if todo else ()


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample(tmp_path_factory.mktemp("sample"), 51)


@pytest.fixture
def submissions(sample_folder: Path) -> Submissions:
    return Submissions(sample_folder)


@pytest.fixture
def place(hub_of: HubOf, stand_ins: StandIns, tmp_path: Path) -> Place:
    """At one minute past six, all schedules on the hour, the first look done."""
    mappings = few_forces(tmp_path / "mappings", stand_ins.endpoints, ["kent", "lancashire", "essex"], "0 * * * *")
    (tmp_path / "intake").mkdir()
    place = Place(hub_of, mappings, tmp_path / "intake")
    assert place.because() == ("account", "a new day")
    return place


def test_where_nothing_is_to_be_done_nothing_is_started(place: Place) -> None:
    assert place.because() == ()


def test_what_is_due_and_has_nothing_to_send_is_served_without_a_pass(place: Place) -> None:
    place.now = AT + timedelta(hours=5, minutes=2)
    assert place.because() == ()
    assert served(place.hub.ledger)[KENT] == place.now


def test_a_file_that_no_pass_can_take_does_not_start_one_pass_after_the_other(
    place: Place, submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.ROUTINE)[1])
    assert place.because() == ("new in the intake",)
    assert place.because() == ()
    put(place.intake, "b.json", submissions.take("kent", Lane.ROUTINE)[1])
    assert place.because() == ("new in the intake",)
    monkeypatch.setattr("flows.look.AGAIN", 0)
    assert AGAIN > 0
    assert place.because() == ("new in the intake",)


def test_routine_reports_wait_for_their_slot_and_urgent_ones_do_not(place: Place, submissions: Submissions) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.ROUTINE)[1])
    place.pick_up()
    assert place.because() == ()
    place.now = AT + timedelta(hours=3)
    todo = place.lookout.look()
    assert todo
    assert (todo.because, todo.due) == (("due",), ("essex/records-system", "kent/records-system", "lancashire/records-system"))

    put(place.intake, "b.json", submissions.take("lancashire", Lane.URGENT)[1])
    place.pick_up()
    serve(place.hub.ledger, served(place.hub.ledger), place.now)
    assert place.because() == ("urgent",)


def test_a_paused_force_is_left_alone_and_its_slot_is_kept_for_it(place: Place, submissions: Submissions) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.ROUTINE)[1])
    put(place.intake, "b.json", submissions.take("kent", Lane.URGENT)[1])
    place.pick_up()
    place.now = AT + timedelta(hours=3)
    author = Author("pause", place.now, "an operator", "their own works")
    pause(place.hub.ledger, "kent", author)
    assert place.because() == ()
    resume(place.hub.ledger, "kent", author)
    assert place.because() == ("due", "urgent", "opened again")


def test_what_was_held_while_a_force_was_paused_goes_when_it_is_resumed(place: Place) -> None:
    author = Author("pause", place.now, "an operator", "their own works")
    pause(place.hub.ledger, "kent", author)
    assert place.because() == ()
    resume(place.hub.ledger, "kent", author)
    assert place.because() == ("opened again",)
    assert place.because() == ()


def test_what_was_sealed_and_not_sent_is_to_be_sent(place: Place, submissions: Submissions) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.URGENT)[1])
    put(place.intake, "b.json", submissions.take("kent", Lane.ROUTINE)[1])
    place.pick_up()
    hub = place.hub
    urgent_alone = waits_for_its_slot(hub.registry, (), AT.date())
    assert prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock, not_yet=urgent_alone).sealed == 1
    assert place.because() == ("to be sent",)
    for taken, because in ((Lane.ROUTINE, True), (Lane.URGENT, False)):
        hub.taken.take([(*KENT, taken)])
        todo = Lookout(hub, place.intake, 0, NEVER).look()
        assert todo
        assert ("to be sent" in todo.because) is because


def test_a_force_may_want_its_urgent_reports_with_its_schedule(place: Place) -> None:
    file = place.hub.settings.mappings / "forces" / "essex.yaml"
    file.write_text(file.read_text().replace("schedule:", "urgent: with the schedule\n    schedule:"))
    place.hub.reload()
    day = place.hub.clock.today()
    found = waits_for_its_slot(place.hub.registry, {("lancashire", "records-system")}, day)
    assert found == {Lane.ROUTINE: NotYet({"kent", "essex"}, set()), Lane.URGENT: NotYet({"essex"}, set())}


def test_a_schedule_that_has_begun_is_not_begun_again(place: Place) -> None:
    serve(place.hub.ledger, [KENT], AT)
    begin_schedules(place.hub.ledger, [KENT], place.now)
    assert served(place.hub.ledger)[KENT] == AT


def test_one_dispatcher_acts_at_a_time_and_another_follows_it(place: Place) -> None:
    settings = place.hub.settings
    first, second = place.hub.ledger, Ledger.open(settings.ledger_url, settings.store)
    try:
        assert take_watch(first, 60)
        assert not take_watch(second, 60)
        end_watch(second)
        assert take_watch(first, -1)
        assert take_watch(second, 60)
        end_watch(second)
        assert take_watch(first, 60)
    finally:
        second.close()


def test_outcomes_that_no_pass_could_tell_are_worth_one_after_a_minute_where_anybody_listens(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(place.hub.ledger, [an_arrival(1, state=State.HELD, code="force-not-live")], AT)
    with place.hub.ledger.write() as connection:
        change(connection, "kent", Author("withdraw", AT), [Move(1, State.HELD, State.WITHDRAWN)])
    minutes_pass(monkeypatch, AGAIN + 1)
    assert place.because() == ()
    place.hub.settings = replace(place.hub.settings, outcomes=tmp_path)
    assert place.because() == ("outcomes",)
    assert place.because() == ()


def test_where_nothing_else_is_worth_a_pass_one_looks_for_alarms_now_and_then(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes_pass(monkeypatch, ALARMS + 1)
    assert place.because() == ("alarms",)
    assert place.because() == ()


def minutes_pass(patch: pytest.MonkeyPatch, seconds: float) -> None:
    """The machine's own clock, which tells how long ago something was, goes on."""
    later = time.monotonic() + seconds
    patch.setattr("flows.look.time.monotonic", lambda: later)


def test_a_schedule_that_was_kept_far_ahead_begins_anew_when_the_clock_was_set_back_and_one_a_little_ahead_is_waited_for(
    place: Place, submissions: Submissions
) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.ROUTINE)[1])
    place.pick_up()
    serve(place.hub.ledger, [KENT], place.now + timedelta(minutes=14))
    assert place.because() == ()
    assert served(place.hub.ledger)[KENT] == place.now + timedelta(minutes=14)
    serve(place.hub.ledger, [KENT], place.now + timedelta(days=365))
    assert place.because() == ()
    assert served(place.hub.ledger)[KENT] == place.now
    place.now += timedelta(hours=1)
    assert place.because() == ("due",)


def test_a_force_is_asked_now_and_then_although_nothing_is_open(
    place: Place, submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place.intake, "a.json", submissions.take("kent", Lane.URGENT)[1])
    place.pick_up()
    hub = place.hub
    prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    route = hub.route(*KENT)
    assert route
    assert deliver(hub.ledger, route, hub.transport_of(route), hub.clock).reports == 1
    while routes_to_confirm(hub.ledger):
        confirm(hub.ledger, route, hub.transport_of(route), hub.clock)
    assert _long_unasked(hub, None) == {KENT}
    assert _long_unasked(hub, None) == set()
    assert "acknowledgements" not in place.because()
    monkeypatch.setattr("flows.look.UNASKED", 0.0)
    assert "acknowledgements" in place.because()


def test_while_a_pass_prepares_a_file_of_one_submission_is_worth_another_and_one_of_many_is_not(
    place: Place, submissions: Submissions
) -> None:
    body = submissions.take("kent", Lane.ROUTINE)[1]
    put(place.intake, "many.ndjson", body)
    assert place.lookout.look_for_urgent() is None
    put(place.intake, "one.json", body)
    todo = place.lookout.look_for_urgent()
    assert todo
    assert (todo.because, todo.intake, todo.due, todo.forces) == (("new in the intake",), True, (), ())
    assert place.lookout.look_for_urgent() is None
    put(place.intake, "two.json", body)
    assert place.lookout.look_for_urgent()


def test_a_file_that_another_pass_lets_go_of_during_a_look_hides_no_other(
    place: Place, submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.json", "b.json"):
        put(place.intake, name, submissions.take("kent", Lane.ROUTINE)[1])

    def listed(name: str) -> bool:  # by the time that a name is judged the other file is gone
        (place.intake / "b.json").unlink(missing_ok=True)
        return is_submission(name)

    monkeypatch.setattr("flows.look.is_submission", listed)
    todo = place.lookout.look_for_urgent()
    assert todo
    assert todo.because == ("new in the intake",)


def test_while_a_pass_prepares_what_is_urgent_is_worth_another_a_few_forces_at_a_time(
    place: Place, submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.look.FEW", 2)
    for force in ("lancashire", "essex", "kent"):
        put(place.intake, "a.json", submissions.take(force, Lane.URGENT)[1])
        place.pick_up()
    put(place.intake, "b.json", submissions.take("kent", Lane.ROUTINE)[1])
    place.pick_up()
    found = [todo and (todo.because, todo.forces) for todo in (place.lookout.look_for_urgent() for _ in range(3))]
    assert found == [(("urgent",), ("lancashire", "essex")), (("urgent",), ("kent",)), None]

    hub = place.hub
    urgent_alone = waits_for_its_slot(hub.registry, (), AT.date())
    assert prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock, not_yet=urgent_alone).sealed == 3
    hub.taken.take([(*KENT, Lane.URGENT)])
    todo = place.lookout.look_for_urgent()
    assert todo
    assert (todo.because, set(todo.forces)) == (("to be sent",), {"lancashire", "essex"})
    assert place.lookout.look_for_urgent() is None
    minutes_pass(monkeypatch, AGAIN + 1)
    todo = place.lookout.look_for_urgent()
    assert todo
    assert (todo.because, set(todo.forces)) == (("to be sent",), {"lancashire", "essex"})


def test_what_a_pass_has_prepared_a_part_of_is_worth_the_next_at_once_and_its_slot_is_kept_until_all_of_it_is(
    place: Place, submissions: Submissions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes the next pass: a dispatcher that died in between is followed by one that knows what the ledger says."""
    monkeypatch.setattr("hub.steps.prepare.BATCH", 2)
    hub, schedule = place.hub, served(place.hub.ledger)
    for number, force in enumerate(["essex", "kent", "kent", "kent", "lancashire"]):
        put(place.intake, f"{number}.json", submissions.take(force, Lane.ROUTINE)[1])
    place.pick_up()
    place.now = AT + timedelta(hours=1)
    left = []
    for look in (place.lookout, place.lookout, Lookout(hub, place.intake, 0, NEVER)):
        todo = look.look()
        assert todo
        assert "due" in todo.because
        due = [route_name(name) for name in todo.due]
        done = prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock, not_yet=waits(hub, due), begin_for=0.0)
        assert done.unfinished
        serve(hub.ledger, done_with(hub.ledger, hub.registry, due, AT.date()), place.now)
        left.append(sorted(route[0] for route, until in served(hub.ledger).items() if until == schedule[route]))
    assert left == [["kent", "lancashire"], ["lancashire"], []]
    assert place.because() == ("to be sent",)


def waits(hub: Hub, due: list[tuple[str, str]]) -> Mapping[Lane, NotYet]:
    return waits_for_its_slot(hub.registry, due, AT.date())
