from datetime import timedelta

from hub.steps.retry import Retry


def test_delays_double_up_to_the_longest_one_fewer_than_the_attempts() -> None:
    assert Retry(attempts=6, first=2.0, longest=20.0).delays() == [2.0, 4.0, 8.0, 16.0, 20.0]
    assert Retry(attempts=1).delays() == []


def test_a_wait_is_its_delay_and_a_random_part_of_it_so_that_forces_do_not_come_back_together() -> None:
    waits = [Retry(first=10.0, longest=60.0, jitter=0.5).wait(2).total_seconds() for _ in range(200)]
    assert all(20 <= wait <= 30 for wait in waits)
    assert max(waits) - min(waits) > 5


def test_a_wait_is_never_shorter_than_the_far_end_asks_and_never_cut() -> None:
    retry = Retry(first=10.0, longest=60.0, jitter=0.0)
    assert retry.wait(1, retry_after=5) == timedelta(seconds=10)
    assert retry.wait(1, retry_after=3_600) == timedelta(seconds=3_600)


def test_no_number_of_attempts_breaks_it() -> None:
    retry = Retry(first=2.0, longest=120.0, jitter=0.0)
    assert [retry.wait(n) for n in (0, 1, 7, 10**9)] == [timedelta(seconds=s) for s in (2, 2, 120, 120)]
