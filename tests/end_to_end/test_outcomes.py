"""What the platform is told at the end: every outcome once, under the reference that the force gave; whoever dies in between."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.outcomes.chosen import platform_at
from flows.wiring import Hub
from hub.ledger.tables import notices
from hub.steps.tell import Told, tell
from tests.end_to_end.carrying import carry, held_of
from tests.end_to_end.conftest import LEDGERS, National, OpenHub, new_ledger
from tests.end_to_end.intake import crime, put
from tests.end_to_end.test_crashes import dies
from tests.ledger.making import rows
from tests.servers.endpoint import Endpoint

Line = dict[str, Any]


def told(hub: Hub, place: Path) -> Told:
    platform = platform_at(place)
    try:
        return tell(hub.ledger, platform, hub.registry.code_of, hub.clock)
    finally:
        platform.close()


def lines(folder: Path) -> list[Line]:
    """What the platform finds, in the order of the notices."""
    return [orjson.loads(line) for path in sorted(folder.glob("*.ndjson")) for line in path.read_bytes().splitlines()]


def test_a_national_sample_is_told_once_each_with_the_reference_of_the_force_that_has_it(national: National, tmp_path: Path) -> None:
    hub = national.hub
    told(hub, tmp_path)
    assert told(hub, tmp_path) == Told()
    found = lines(tmp_path)
    expected = orjson.loads(national.expected.read_bytes())["submissions"]
    accepted = {one["submission_id"]: one for one in expected if one["outcome"] == "accepted"}
    rejected = {one["submission_id"] for one in expected if one["code"] == "rejected"}
    ends = Counter((line["submissionId"], line["outcome"]) for line in found)
    assert ends == Counter(
        {(id_, end): 1 for id_ in accepted for end in ("delivered", "accepted")} | {(id_, "delivered"): 1 for id_ in rejected}
    )
    primary = [held for (_, route), held in held_of(national.stand_ins, hub.ledger).items() if route == "records-system"]
    theirs = {report.submission_id: report.their_reference for held in primary for report in held.reports}
    for line in (line for line in found if line["outcome"] == "accepted"):
        wire = national.sent[line["submissionId"]]
        assert line["reference"] == theirs[line["submissionId"]]
        assert line["force"] == accepted[line["submissionId"]]["force"]
        assert (line["forceIdentifier"], line["customerReferenceNumber"]) == (wire["forceIdentifier"], wire["customerReferenceNumber"])


def test_a_worker_that_dies_before_it_knows_that_the_platform_was_told_repeats_the_same_bytes(hub_of: OpenHub, tmp_path: Path) -> None:
    hub, platform = hub_of(), tmp_path / "outcomes"
    platform.mkdir()
    sent = _carried(hub, tmp_path, 3)
    dies(hub, "after-telling", str(platform))
    (file,) = platform.iterdir()
    taken = file.read_bytes()
    assert [row["sent_at"] for row in rows(hub.ledger, notices)] == [None]
    file.unlink()  # the platform takes it at once

    sent += _carried(hub, tmp_path, 2)
    assert told(hub, platform) == Told(outcomes=10, notices=2)
    assert file.read_bytes() == taken
    assert Counter(line["submissionId"] for line in lines(platform)) == dict.fromkeys(sent, 2)


@pytest.mark.parametrize("url", LEDGERS, indirect=True)
def test_over_rest_a_notice_that_is_repeated_is_known_by_its_key(hub_of: OpenHub, tmp_path: Path, url: str) -> None:
    hub = hub_of(url=url)
    sent = _carried(hub, tmp_path, 2)
    with Endpoint.start() as endpoint:
        place = tmp_path / "outcomes.yaml"
        place.write_text(f"name: rest\nurl: {endpoint.url}\n")
        dies(hub, "after-telling", str(place))
        assert told(hub, place) == Told(outcomes=4, notices=1)
        assert len({(request.headers["idempotency-key"], request.body) for request in endpoint.requests}) == 1
        assert len(endpoint.requests) == 2
        (body,) = endpoint.reports.values()
    assert Counter(orjson.loads(line)["submissionId"] for line in body.splitlines()) == dict.fromkeys(sent, 2)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Any:
    with new_ledger(request) as opened:
        yield opened


def _carried(hub: Hub, folder: Path, number: int) -> list[str]:
    """So many reports, accepted by Kent. Returns their ids."""
    intake = folder / "intake"
    made = [crime("46") for _ in range(number)]
    for wire in made:
        put(intake, f"{wire['submissionId']}.json", wire)
    carry(hub, intake)
    return [wire["submissionId"] for wire in made]
