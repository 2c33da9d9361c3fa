"""What every format promises (`hub.contracts.Format`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest

from hub.contracts import Encoded, Format, Unencodable
from hub.mapping.record import Record
from tests.adapters.formats.records import DROP

TEXTS = {
    "plain": "A bicycle was taken",
    "Welsh": "Cafodd beic ei ddwyn o Dŷ Ŵyn",
    "quotes": 'He said "it\'s mine", and left; then: <&> ]]> {}',
    "lines": "one\ntwo\n\nfour",
    "leading zero": "007",
    "formula": '=HYPERLINK("x")',
    "beyond the first plane": "𝕳𝖚𝖇 🚲",
    "blank at the ends": " x ",
}


@dataclass(frozen=True)
class FormatSubject:
    """A format, as its author shows it to the kit.

    `report` makes a valid record with one free text, `broken` one that its schema refuses. `texts` reads the free texts of
    a payload back with another library than the format writes with, or at least with a reader that knows nothing of it.
    `as_read` is what a text comes back as where the format's kind cannot hold every one (fixed columns have no line ends): None where it
    is refused.
    """

    make: Callable[[], Format]
    report: Callable[[str, str], Record]  # key, text
    broken: Callable[[str], Record]  # key
    texts: Callable[[bytes], Sequence[str]]
    as_read: Callable[[str], str | None] = str


class FormatPromises:
    """Inherit, set `adapter`, and supply `subject`."""

    adapter: ClassVar[str]

    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
    def test_a_text_is_read_back_as_it_was(self, subject: FormatSubject, text: str) -> None:
        expected = subject.as_read(text)
        if expected is None:
            with pytest.raises(Unencodable):
                encoded(subject, [subject.report("a1", text)])
            return
        payloads = encoded(subject, [subject.report("a1", text)])
        assert [found for payload in payloads for found in subject.texts(payload.body)] == [expected]

    @pytest.mark.parametrize("number", [0, 1, 7])
    def test_every_report_is_counted_once_from_the_bytes(self, subject: FormatSubject, number: int) -> None:
        form = subject.make()
        payloads = list(form.encode([subject.report(f"a{index}", "x") for index in range(number)], DROP))
        assert sum(form.count(payload.body) for payload in payloads) == number
        assert sum(len(payload.members) for payload in payloads) == number

    def test_every_report_is_a_member_in_its_order(self, subject: FormatSubject) -> None:
        payloads = encoded(subject, [subject.report(f"a{index}", str(index)) for index in range(5)])
        assert [member for payload in payloads for member in payload.members] == [0, 1, 2, 3, 4]
        assert [text for payload in payloads for text in subject.texts(payload.body)] == ["0", "1", "2", "3", "4"]

    def test_the_same_records_give_the_same_bytes(self, subject: FormatSubject) -> None:
        records = [subject.report("a1", "x"), subject.report("a2", "y")]
        assert encoded(subject, records) == encoded(subject, records)

    def test_every_payload_is_named_after_its_drop_and_apart_from_the_others(self, subject: FormatSubject) -> None:
        form = subject.make()
        payloads = list(form.encode([subject.report(f"a{index}", "x") for index in range(3)], DROP))
        assert len({payload.key for payload in payloads}) == len({payload.name for payload in payloads}) == len(payloads)
        for payload in payloads:
            assert payload.key.startswith(DROP.key)
            assert payload.name.startswith(DROP.key)
            assert payload.name.endswith(f".{form.suffix}")
            assert payload.media_type == form.media_type

    def test_every_report_at_fault_is_named_and_no_value_of_it(self, subject: FormatSubject) -> None:
        records = [subject.report("a0", "x"), subject.broken("a1"), subject.report("a2", "x"), subject.broken("a3")]
        with pytest.raises(Unencodable) as caught:
            encoded(subject, records)
        assert {index for index, _, _ in caught.value.faults} == {1, 3}
        assert {code for _, code, _ in caught.value.faults} == {"schema-invalid"}
        assert "canary" not in f"{caught.value} {caught.value.faults}"

    def test_bytes_that_are_none_of_its_own_are_not_counted(self, subject: FormatSubject) -> None:
        with pytest.raises(ValueError, match=r".*"):
            subject.make().count(b'\xff\x00<{"')


def encoded(subject: FormatSubject, records: Sequence[Record]) -> list[Encoded]:
    """The payloads of these records, by a format made anew."""
    return list(subject.make().encode(records, DROP))
