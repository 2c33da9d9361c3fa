from console.screens.doors import IDLE, LONGEST, TRIES, TRIES_OF_ALL, VIEWING, WITHIN, Doors
from tests.console.screens.conftest import Clockwork


def test_a_session_ends_when_it_is_left_alone_and_at_the_latest_after_half_a_day() -> None:
    clock = Clockwork()
    doors = Doors(clock)
    key, session = doors.enter("alice (serve)")
    assert doors.find(key) is session
    assert doors.find(None) is doors.find("another") is None
    begun = clock.now
    while clock.now - begun < LONGEST - IDLE:
        clock.now += IDLE - 1
        assert doors.find(key) is session
    clock.now = begun + LONGEST
    assert doors.find(key) is None
    key, _ = doors.enter("alice (serve)")
    clock.now += IDLE
    assert doors.find(key) is None
    key, _ = doors.enter("alice (serve)")
    doors.leave(key)
    assert doors.find(key) is None


def test_five_wrong_passwords_make_a_name_wait_and_sixty_everybody() -> None:
    clock = Clockwork()
    doors = Doors(clock)
    for _ in range(TRIES):
        assert doors.wait("alice") == 0
        doors.failed("alice")
    assert doors.wait("alice") == WITHIN
    assert doors.wait("bob") == 0
    clock.now += WITHIN - 1
    assert doors.wait("alice") == 1
    clock.now += 1
    assert doors.wait("alice") == 0
    for number in range(TRIES_OF_ALL):
        doors.failed(f"name {number}")
    assert doors.wait("bob") > 0


def test_a_viewing_is_of_one_report_and_of_a_while() -> None:
    clock = Clockwork()
    doors = Doors(clock)
    _, session = doors.enter("alice (serve)")
    doors.let_view(session, 7)
    assert doors.may_view(session, 7)
    assert not doors.may_view(session, 8)
    clock.now += VIEWING
    assert not doors.may_view(session, 7)
