"""A worker dies at the worst moment; the next pass neither loses anything nor does it twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.wiring import Hub
from hub.contracts import SourceUnavailable, Submission
from hub.ledger.account import account
from hub.ledger.tables import payloads
from hub.ledger.trace import trace
from hub.settings import PROJECT
from hub.steps.confirm import confirm
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.words import State
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, confirm_all, deliver_all, held_of, holders, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.dying import LEASE
from tests.end_to_end.intake import Wire, announce, crime, left_in, put

KENT, LANCASHIRE = "46", "04"
PHOTO = jpeg(b"\xff\xd8\xff\xe0 a made-up photograph")


def dies(hub: Hub, where: str, *arguments: str) -> None:
    """Another worker of this hub dies there."""
    settings = hub.settings
    places = {"HUB_HOME": str(settings.home), "HUB_LEDGER_URL": settings.ledger_url, "HUB_ENDPOINTS": str(settings.endpoints)}
    command = [sys.executable, "-m", "tests.end_to_end.dying", where, *arguments]
    ran = subprocess.run(command, cwd=PROJECT, env={**os.environ, **places}, capture_output=True, text=True, check=False)
    assert ran.returncode == -signal.SIGKILL, ran.stderr


def _filled(intake: Path, force: str = KENT) -> list[Wire]:
    """Three files and one of three lines, one of them with a photograph."""
    sent = [crime(force), crime(force), crime(force, attachments=[announce(PHOTO, "a.jpg")])]
    for number, wire in enumerate(sent):
        put(intake, f"{number}.json", wire, {"a.jpg": PHOTO} if "attachments" in wire else None)
    return sent


def test_a_worker_that_dies_between_commit_and_settling_neither_loses_nor_doubles(
    hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path
) -> None:
    hub, sent = hub_of(), _filled(tmp_path / "intake")
    dies(hub, "before-settling", str(tmp_path / "intake"))
    assert account(hub.ledger).totals() == {State.WAITING: 3}
    assert len(left_in(tmp_path / "intake")) == 5  # nothing was let go: three files, and the photograph in its folder
    again = carry(hub, tmp_path / "intake").picked_up
    assert (again.seen, again.known, again.entered.total()) == (3, 3, 0)
    assert left_in(tmp_path / "intake") == set()
    assert account(hub.ledger).totals() == {State.ACCEPTED: 3}
    assert holders(held_of(stand_ins, hub.ledger)) == {wire["submissionId"]: ["kent"] for wire in sent}


class _LetsGoOfNothing:
    """A source that cannot let go: `settle` fails, or does nothing."""

    name = "folder"

    def __init__(self, hub: Hub, intake: Path, *, fails: bool) -> None:
        self._source = hub.source_of(intake, 0)
        self._fails = fails
        self.submissions = self._source.submissions

    def settle(self, _submissions: Sequence[Submission]) -> None:
        if self._fails:
            raise SourceUnavailable("the intake folder went away")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("fails", [True, False])
def test_a_source_that_cannot_let_go_is_read_again_and_known(hub_of: OpenHub, tmp_path: Path, *, fails: bool) -> None:
    hub, intake = hub_of(), tmp_path / "intake"
    _filled(intake)
    for _ in range(3):
        source = _LetsGoOfNothing(hub, intake, fails=fails)
        try:
            pick_up(hub.ledger, source, hub.registry, hub.clock)
        except SourceUnavailable:
            assert fails
        assert account(hub.ledger).totals() == {State.WAITING: 3}
        assert account(hub.ledger).balanced
    assert pick_up(hub.ledger, hub.source_of(intake, 0), hub.registry, hub.clock).known == 3
    assert left_in(intake) == set()


@pytest.mark.parametrize(
    ("force", "code", "kind"), [("kent", KENT, "manifest"), ("kent", KENT, "records"), ("lancashire", LANCASHIRE, "records")]
)
def test_what_the_far_end_took_before_the_worker_died_is_found_and_not_sent_again(
    hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path, force: str, code: str, kind: str
) -> None:
    hub, sent = hub_of(), _filled(tmp_path / "intake", code)
    pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
    prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    dies(hub, "after-sending", force, kind)
    taken = _lying(stand_ins, hub, force)
    assert taken  # the far end has something that the ledger knows nothing of
    assert account(hub.ledger).totals() == {State.SEALED: 3}

    time.sleep(LEASE)
    [done] = deliver_all(hub).values()
    confirm_all(hub)
    assert done.stopped is None
    after = _lying(stand_ins, hub, force)
    assert {name: after[name] for name in taken} == taken  # the same files as before: none was written anew
    assert "found" in _receipts(hub)
    held = held_of(stand_ins, hub.ledger)
    assert holders(held) == {wire["submissionId"]: [force] for wire in sent}
    assert [refusal.why for one in held.values() for refusal in one.refusals] == []
    assert set(outcomes(hub.ledger).values()) == {("accepted", None)}
    assert trace(hub.ledger, sent[0]["submissionId"])[0].drops[0].attempts == ("1 broken off", "2 delivered")


def _lying(stand_ins: StandIns, hub: Hub, force: str) -> dict[str, tuple[int, str]]:
    """What a far end has: over SFTP the files in its inbox by inode, over REST what it keeps."""
    held = held_of(stand_ins, hub.ledger)[force, "records-system"]
    inbox = stand_ins.folder / "sftp" / force / "records-system" / "in" / "soh"
    if held.stand.transport == "sftp":
        return {path.name: (path.stat().st_ino, "") for path in inbox.iterdir() if hub.ledger.series in path.name}
    return {payload.key: (payload.offset, payload.sha256) for payload in held.payloads}


def _receipts(hub: Hub) -> set[str | None]:
    with hub.ledger.read() as connection:
        return set(connection.scalars(select(payloads.c.receipt)))


def test_acknowledgements_that_were_read_before_the_worker_died_count_once(hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path) -> None:
    hub = hub_of()
    _filled(tmp_path / "intake")
    pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
    prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
    deliver_all(hub)
    answers = stand_ins.folder / "sftp" / "kent" / "records-system" / "out" / "soh"
    while not (mine := list(answers.glob(f"*.{hub.ledger.series}.*.ack.json"))):
        time.sleep(0.05)
    dies(hub, "before-letting-go", "kent", "none")
    assert account(hub.ledger).totals() == {State.ACCEPTED: 3}
    assert [path.exists() for path in mine] == [True]
    route = hub.route("kent", "records-system")
    assert route
    told = confirm(hub.ledger, route, hub.transport_of(route), hub.clock)
    assert (told.accepted, told.rejected, told.repeated, told.unmatched) == (0, 0, 3, 0)
    assert [path.exists() for path in mine] == [False]
    assert account(hub.ledger).totals() == {State.ACCEPTED: 3}
    assert account(hub.ledger).balanced
