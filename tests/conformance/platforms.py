"""What everything that tells the platform promises (`hub.contracts.Platform`)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import orjson
import pytest

from hub.contracts import DeliveryError, Misconfigured, Notice, Platform, Refused


def notice(number: int, lines: int = 2) -> Notice:
    """Notice `number`, with Welsh in it."""
    line = {"submissionId": f"7c9e6679-7425-40de-944b-{number:012d}", "outcome": "accepted", "reference": "TŶ/1"}
    body = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for _ in range(lines))
    return Notice(f"outcomes.k7q2.{number:06d}", lines, hashlib.sha256(body).hexdigest(), body)


@dataclass(frozen=True)
class PlatformSubject:
    """The platform's side, as its author shows it to the kit.

    `make` gives a new way to tell it, `unreachable` one that leads nowhere. `held` are the bytes that the platform has of a notice,
    as often as it counts them; `refuses` makes it say no to this one.
    """

    make: Callable[[], Platform]
    unreachable: Callable[[], Platform]
    held: Callable[[Notice], Sequence[bytes]]
    refuses: Callable[[Notice], None]


class PlatformPromises:
    """Inherit, set `adapter`, and supply `subject`."""

    adapter: ClassVar[str]

    def test_the_platform_has_the_bytes_when_it_was_told(self, subject: PlatformSubject) -> None:
        told = [notice(1), notice(2, 5_000)]
        platform = subject.make()
        for each in told:
            platform.tell(each)
            assert subject.held(each) == [each.body]
        platform.close()

    def test_what_is_told_again_it_has_once(self, subject: PlatformSubject) -> None:
        for _ in range(2):
            platform = subject.make()
            for _ in range(2):
                platform.tell(notice(1))
            platform.close()
        assert subject.held(notice(1)) == [notice(1).body]

    def test_what_it_refuses_is_refused_with_a_code_and_the_next_is_taken(self, subject: PlatformSubject) -> None:
        subject.refuses(notice(1))
        platform = subject.make()
        with pytest.raises(Refused) as no:
            platform.tell(notice(1))
        assert no.value.code
        assert notice(1).body not in subject.held(notice(1))
        platform.tell(notice(2))
        assert subject.held(notice(2)) == [notice(2).body]
        platform.close()

    def test_one_that_cannot_be_reached_raises_what_to_do_about_it_and_nothing_of_the_content(self, subject: PlatformSubject) -> None:
        platform = subject.unreachable()
        with pytest.raises((DeliveryError, Misconfigured)) as error:
            platform.tell(notice(1))
        assert not isinstance(error.value, Refused)
        assert "7c9e6679" not in str(error.value)
        platform.close()

    def test_closing_twice_is_harmless(self, subject: PlatformSubject) -> None:
        platform = subject.make()
        platform.tell(notice(1))
        platform.close()
        platform.close()
