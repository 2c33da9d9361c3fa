"""Probes: what no far end answered is not claimed, and what cannot be right is called so."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from adapters.probing import FAILED, NOTED, PASSED, TEXT, Step, nil_payload, probe
from hub.contracts import (
    Absent,
    Acknowledgement,
    CannotTell,
    DeliveryError,
    Finding,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Refused,
    Unavailable,
)


@dataclass
class FarEnd:
    """A transport whose far end answers as it is told: to each look-up in turn, and to what is sent."""

    findings: list[Finding | DeliveryError | Misconfigured]
    answer: Receipt | DeliveryError | Misconfigured = field(default_factory=lambda: Receipt("k", detail="renamed"))
    parallel: int = 1
    sent: list[bytes] = field(default_factory=list)

    def find(self, payload: Payload) -> Finding:  # noqa: ARG002 - whatever is asked for
        found = self.findings.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def send(self, payload: Payload) -> Receipt:
        if isinstance(self.answer, Exception):
            raise self.answer
        with payload.open() as body:
            self.sent.append(body.read())
        return self.answer

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:  # noqa: ARG002 - there are none
        return iter(())

    def settle(self, batch: str) -> None: ...

    def close(self) -> None: ...


SETTINGS = {"name": "pigeon"}  # a transport without a host that could be reached


def steps(far_end: FarEnd) -> dict[str, Step]:
    return {step.name: step for step in probe(far_end, SETTINGS, "0123abcd")}


def test_a_probe_says_what_it_is_and_that_it_may_be_deleted() -> None:
    far_end = FarEnd([Absent(), Found()])
    found = steps(far_end)
    assert far_end.sent == [TEXT]
    assert b"no report" in TEXT
    assert {name: step.result for name, step in found.items()} == {
        "identity": PASSED,
        "credentials": PASSED,
        "look-up": PASSED,
        "probe": PASSED,
        "seen again": PASSED,
        "removed": NOTED,
    }


def test_a_far_end_that_claims_to_have_what_was_never_sent_fails() -> None:
    assert steps(FarEnd([Found(), Found()]))["look-up"].result == FAILED


def test_a_far_end_that_does_not_have_what_it_took_fails() -> None:
    assert steps(FarEnd([Absent(), Absent()]))["seen again"].result == FAILED


def test_one_that_cannot_tell_is_noted() -> None:
    found = steps(FarEnd([CannotTell("no look-up"), CannotTell("no look-up")]))
    assert (found["look-up"].result, found["seen again"].result) == (NOTED, NOTED)


def test_one_that_refuses_the_probe_reads_what_we_send() -> None:
    found = steps(FarEnd([Absent()], Refused("unsupported-kind")))
    assert (found["credentials"].result, found["probe"].result, "removed" in found) == (PASSED, NOTED, False)
    assert "unsupported-kind" in found["probe"].said


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Misconfigured("host-key-differs", "x"), {"identity": FAILED}),
        (Misconfigured("no-credentials", "x"), {"credentials": FAILED}),
        (Misconfigured("authentication-refused", "x"), {"identity": PASSED, "credentials": FAILED}),
        (Unavailable("timeout", "x"), {"look-up": FAILED}),
    ],
    ids=lambda value: value.code if isinstance(value, DeliveryError | Misconfigured) else None,
)
def test_an_error_is_told_at_its_step_and_nothing_after_it_is_claimed(
    error: DeliveryError | Misconfigured, expected: dict[str, str]
) -> None:
    assert {name: step.result for name, step in steps(FarEnd([error])).items()} == expected


def test_an_error_of_the_upload_claims_nothing_of_what_came_before() -> None:
    assert {name: step.result for name, step in steps(FarEnd([Absent()], Unavailable("disk-full", "x"))).items()} == {"probe": FAILED}


def test_a_probe_has_a_key_that_no_drop_can_have() -> None:
    payload = nil_payload("0123abcd")
    assert payload.key.startswith("soh-hub-probe/")
    assert (payload.name, payload.size) == ("soh-hub-probe.0123abcd.txt", len(TEXT))
