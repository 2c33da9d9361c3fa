"""Submissions that are picked up elsewhere than from a folder: from a directory on an SFTP server, and from a feed over REST."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import orjson
import pytest
import yaml

from hub.ledger.account import account
from hub.steps.pick_up import pick_up
from hub.words import State
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, held_of, holders, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import Wire, announce, crime, put
from tests.servers.feed import KEY, Feed
from tests.servers.openssh import OpenSSH

KENT, LANCASHIRE = "46", "04"
PHOTO = jpeg(b"\xff\xd8\xff\xe0 a made-up photograph")
Platform = tuple[Path, Callable[[Wire], object], Callable[[], object]]


@pytest.fixture(params=["sftp", "rest"])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    """The file that describes a source, how to submit, and what still lies there."""
    yield from (_over_sftp if request.param == "sftp" else _over_rest)(request, tmp_path)


def _over_sftp(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    server: OpenSSH = request.getfixturevalue("openssh")
    folder = tmp_path / "platform"
    settings = {"name": "sftp", **server.settings(folder, settle_seconds=0)}

    def submit(wire: Wire) -> None:
        put(folder, f"{wire['customerReferenceNumber']}.json", wire, {"a.jpg": PHOTO} if wire.get("attachments") else None)

    yield _written(tmp_path, settings), submit, lambda: [path.name for path in folder.rglob("*") if path.is_file()]


def _over_rest(_request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    (tmp_path / "key").write_text(KEY)
    with Feed.start() as feed:
        settings = {"name": "rest", "url": feed.url, "api_key": f"file:{tmp_path / 'key'}"}

        def submit(wire: Wire) -> None:
            feed.arrive(orjson.dumps(wire), {"a.jpg": PHOTO} if wire.get("attachments") else {})

        def unread() -> list[str]:
            feed.asked.clear()
            return []

        yield _written(tmp_path, settings), submit, unread


def _written(tmp_path: Path, settings: Mapping[str, object]) -> Path:
    path = tmp_path / "source.yaml"
    path.write_text(yaml.safe_dump({name: str(value) if not isinstance(value, bool) else value for name, value in settings.items()}))
    return path


def test_what_is_picked_up_elsewhere_is_carried_once_with_its_attachments(platform: Platform, hub_of: OpenHub, stand_ins: StandIns) -> None:
    described, submit, left = platform
    hub, sent = hub_of(), [crime(KENT), crime(LANCASHIRE), crime(KENT, attachments=[announce(PHOTO, "a.jpg")])]
    for wire in sent:
        submit(wire)
    assert carry(hub, described).picked_up.entered == {State.WAITING: 3}
    assert left() == []
    assert account(hub.ledger).totals() == {State.ACCEPTED: 3}
    forces = {KENT: ["kent"], LANCASHIRE: ["lancashire"]}
    assert holders(held_of(stand_ins, hub.ledger)) == {wire["submissionId"]: forces[wire["forceIdentifier"]] for wire in sent}
    again = carry(hub, described).picked_up
    assert (again.seen, again.entered.total()) == (0, 0)


def test_a_worker_that_dies_before_it_lets_go_reads_again_and_knows(
    platform: Platform, hub_of: OpenHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, submit, _ = platform
    hub = hub_of()
    for _ in range(3):
        submit(crime(KENT))
    source = hub.source_of(described)
    monkeypatch.setattr(source, "settle", lambda _: None)  # as one that dies at that instant
    assert pick_up(hub.ledger, source, hub.registry, hub.clock).entered.total() == 3
    source.close()
    submit(crime(KENT))
    again = hub.source_of(described)
    done = pick_up(hub.ledger, again, hub.registry, hub.clock)
    again.close()
    assert (done.seen, done.known, done.entered.total()) == (4, 3, 1)
    assert pick_up(hub.ledger, hub.source_of(described), hub.registry, hub.clock).seen == 0
    assert len(outcomes(hub.ledger)) == 4
