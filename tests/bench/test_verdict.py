"""The verdict finds what it is there to find: each wrong that is planted into a run that was right is counted, and told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from adapters.keys import DEMO
from bench.chaos.intake import Sent, fates, sent
from bench.chaos.plan import AT
from bench.chaos.verdict import Verdict, judge
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.settings import PROJECT, Settings
from hub.words import PayloadKind
from sandbox.holdings import Held, HeldReport, Refusal
from sandbox.sample import build
from sandbox.sample.expected import Fate
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry

Place = tuple[str, str]
WRONGS = ("lost", "duplicated", "altered", "out_of_sequence", "in_doubt", "wrong_outcomes")


@dataclass(frozen=True)
class Ended:
    """A run that was right."""

    hub: Hub
    wanted: list[Fate]
    said: Mapping[str, Sent]
    held: Mapping[Place, Held]

    def judged(self, *others: Held, wanted: list[Fate] | None = None) -> Verdict:
        """The verdict, were these held instead."""
        held = {**self.held, **{(one.stand.force, one.stand.route): one for one in others}}
        return judge(self.hub.ledger, self.hub.registry, self.wanted if wanted is None else wanted, self.said, held)

    def one(self, transport: str, kind: PayloadKind = PayloadKind.RECORDS) -> Held:
        """A far end that holds something of this kind."""
        return next(
            one
            for one in self.held.values()
            if one.stand.transport == transport and one.reports and any(payload.kind is kind for payload in one.payloads)
        )


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("run")
    with StandIns(folder / "far-ends", PROJECT / "mappings", AT) as stand_ins:
        settings = Settings.read({"HUB_HOME": str(folder / "home"), "HUB_ENDPOINTS": str(stand_ins.endpoints), "HUB_KEYS": DEMO})
        hub = open_hub(settings, Clock.at(datetime.fromisoformat(AT)))
        build(210, folder, 5, hub.clock.now(), None, hub.registry)
        said = sent(folder)
        carry(hub, folder / "intake")
        yield Ended(hub, fates(folder / "expected.json"), said, stand_ins.holdings())
        hub.close()


def counts(verdict: Verdict) -> dict[str, int]:
    """What is not 0."""
    return {name: number for name in WRONGS if (number := getattr(verdict, name))}


def test_a_run_in_which_nothing_failed_is_right(ended: Ended) -> None:
    verdict = ended.judged()
    assert (counts(verdict), verdict.faults, verdict.balanced, verdict.right, verdict.repeated_sends) == ({}, [], True, True, 0)


@pytest.mark.parametrize("transport", ["sftp", "rest"])
def test_a_report_that_its_force_does_not_hold_is_lost(ended: Ended, transport: str) -> None:
    one = ended.one(transport)
    verdict = ended.judged(replace(one, reports=one.reports[1:]))
    assert counts(verdict) == {"lost": 1}
    assert verdict.faults == [f"{one.reports[0].submission_id}: {one.stand.force} {one.stand.route} does not hold it"]


def test_a_report_that_its_force_holds_twice_is_duplicated(ended: Ended) -> None:
    one = ended.one("rest")
    assert counts(ended.judged(replace(one, reports=(*one.reports, one.reports[0])))) == {"duplicated": 1}


def test_a_report_that_another_force_holds_too_is_duplicated(ended: Ended) -> None:
    one, other = ended.one("sftp"), ended.one("rest")
    plain = next(report for report in one.reports if not ended.said[report.submission_id].files)
    assert counts(ended.judged(replace(other, reports=(*other.reports, plain)))) == {"duplicated": 1}


def test_a_report_that_nobody_sent_is_duplicated_and_altered(ended: Ended) -> None:
    one = ended.one("rest")
    stranger: HeldReport = replace(one.reports[0], submission_id="00000000-0000-4000-8000-000000000000")
    assert counts(ended.judged(replace(one, reports=(*one.reports, stranger)))) == {"duplicated": 1, "altered": 1}


def test_a_report_with_another_reference_is_altered(ended: Ended) -> None:
    one = ended.one("sftp")
    other = replace(one.reports[0], reference="SOH-26NOV-222222")
    assert counts(ended.judged(replace(one, reports=(other, *one.reports[1:])))) == {"altered": 1}


def test_a_payload_with_another_byte_is_altered(ended: Ended, tmp_path: Path) -> None:
    one = ended.one("sftp")
    records = next(payload for payload in one.payloads if payload.kind is PayloadKind.RECORDS)
    (tmp_path / "other").write_bytes(records.read()[:-1] + b"?")
    changed = replace(records, file=tmp_path / "other", offset=0)
    assert counts(ended.judged(replace(one, payloads=tuple(changed if p is records else p for p in one.payloads)))) == {"altered": 1}


def test_an_attachment_that_did_not_come_makes_its_report_altered(ended: Ended) -> None:
    one = next(o for o in ended.held.values() if any(payload.kind is PayloadKind.ATTACHMENT for payload in o.payloads))
    left = tuple(payload for payload in one.payloads if payload.kind is not PayloadKind.ATTACHMENT)
    verdict = ended.judged(replace(one, payloads=left))
    assert counts(verdict).keys() == {"altered"}


def test_a_drop_that_came_after_a_later_one_is_out_of_sequence(ended: Ended) -> None:
    one = next(o for o in ended.held.values() if {payload.key.split(".")[2] for payload in o.payloads} >= {"urgent"})
    one = replace(one, stand=replace(one.stand, manifest=False), payloads=())
    first, second = (_payload(ended, f"{one.stand.name}.routine.aaaa.{number:06}/x") for number in (2, 1))
    verdict = ended.judged(replace(one, payloads=(first, second), reports=one.reports))
    assert verdict.out_of_sequence == 1
    assert verdict.faults[-1] == f"{one.stand.name}.routine.aaaa: 1 came after 2"


def test_a_number_that_never_came_and_that_nobody_announced_is_out_of_sequence(ended: Ended) -> None:
    one = ended.one("rest")
    late = _payload(ended, f"{one.stand.name}.routine.aaaa.000003/x")
    refused = Refusal(f"{one.stand.name}.routine.aaaa.000001/y", "business-rule")  # a number that came, and was refused, is accounted for
    verdict = ended.judged(replace(one, payloads=(*one.payloads, late), refusals=(*one.refusals, refused)))
    assert verdict.out_of_sequence == 1
    assert verdict.faults[-1] == f"{one.stand.name}.routine.aaaa: 2 never came, and no later manifest says that it is void"


def test_a_submission_that_the_ledger_does_not_know_is_lost_and_unbalances_the_account(ended: Ended) -> None:
    never = replace(
        ended.wanted[0], file="9999999.json", line=None, submission_id="00000000-0000-4000-8000-000000000001", outcome="duplicate"
    )
    verdict = ended.judged(wanted=[*ended.wanted, never])
    assert (counts(verdict), verdict.balanced, verdict.right) == ({"lost": 1}, False, False)


def test_another_outcome_than_the_expected_one_is_told(ended: Ended) -> None:
    at = next(index for index, fate in enumerate(ended.wanted) if fate.outcome == "held")
    wanted = [*ended.wanted[:at], replace(ended.wanted[at], code="no-route"), *ended.wanted[at + 1 :]]
    assert counts(ended.judged(wanted=wanted)) == {"wrong_outcomes": 1}


def test_what_a_far_end_had_already_is_counted(ended: Ended) -> None:
    one = ended.one("sftp")
    assert ended.judged(replace(one, refusals=(Refusal("x.manifest.json", "already-taken"),))).repeated_sends == 1


def _payload(ended: Ended, key: str):  # type: ignore[no-untyped-def]  # a payload that lies somewhere, under another key
    return replace(ended.one("rest").payloads[0], key=key, kind=PayloadKind.RECORDS)
