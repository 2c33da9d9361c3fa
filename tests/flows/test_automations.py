"""The shipped automations against a real Prefect server, a real mail server and a real receiver of webhooks."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.events import Event
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from flows.alarm_block import TYPE
from flows.alarm_test import try_all
from flows.alarms import send
from flows.automations import HUB_ITSELF, LOOKED, OURS, install
from flows.server import PrefectServer
from hub.alarm_file import KINDS, AlarmFile
from hub.alarms import AlarmKind, RunKind
from tests.flows.server import eventually
from tests.servers.hook import Hook
from tests.servers.smtp import RECIPIENT, SENDER, Mailbox, parsed

pytestmark = pytest.mark.xdist_group("prefect")
ALL = {f"{OURS}{kind}" for kind in KINDS}


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    with Hook.start() as running:
        (tmp_path / "hook").write_text(f"{running.url}/hook")
        yield running


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox.start(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _left_clean(prefect_server: PrefectServer) -> Iterator[None]:  # noqa: ARG001 - it must run
    yield
    asyncio.run(install(AlarmFile()))


def a_file(**others: object) -> AlarmFile:
    return AlarmFile.model_validate(others)


def webhook(folder: Path, **others: object) -> dict[str, object]:
    return {"name": "webhook", "url": f"file:{folder}/hook", **others}


def mail(box: Mailbox) -> dict[str, object]:
    return {"name": "email", "host": "127.0.0.1", "port": box.port, "tls": "none", "sender": SENDER, "recipients": [RECIPIENT]}


async def _there() -> tuple[set[str], set[str]]:
    """The automations and the blocks that the server has."""
    async with get_client() as client:
        automations = {one.name for one in await client.read_automations(limit=200)}
        try:
            blocks = {one.name or "" for one in await client.read_block_documents_by_type(TYPE)}
        except Exception:  # the type is not there before the first is
            blocks = set()
    return automations, blocks


def test_installing_again_changes_what_is_other_removes_what_is_no_more_wanted_and_touches_nobody_elses(tmp_path: Path) -> None:
    async def somebody_elses() -> None:
        async with get_client() as client:
            trigger = EventTrigger(expect={"something.else"}, posture=Posture.Reactive)
            await client.create_automation(AutomationCore(name="Not the hub's", trigger=trigger, actions=[DoNothing()]))

    asyncio.run(somebody_elses())
    first = asyncio.run(install(a_file(send=[webhook(tmp_path), webhook(tmp_path, kinds=["unbalanced"])])))
    assert (set(first.made), first.changed, first.removed, first.same) == (ALL, [], [], [])
    again = asyncio.run(install(a_file(send=[webhook(tmp_path), webhook(tmp_path, kinds=["unbalanced"])])))
    assert (again.made, again.changed, again.removed, set(again.same)) == ([], [], [], ALL)
    fewer = asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=["unbalanced", "late-pass"])], late_after="45m")))
    assert (fewer.made, sorted(fewer.changed), set(fewer.removed)) == (
        [],
        [f"{OURS}late-pass", f"{OURS}unbalanced"],
        ALL - {f"{OURS}late-pass", f"{OURS}unbalanced"},
    )
    automations, blocks = asyncio.run(_there())
    assert automations == {f"{OURS}late-pass", f"{OURS}unbalanced", "Not the hub's"}
    assert blocks == {f"{TYPE}-1"}
    assert len(asyncio.run(install(AlarmFile())).removed) == 2
    assert asyncio.run(_there()) == ({"Not the hub's"}, set())


def test_one_that_somebody_switched_off_stays_off(tmp_path: Path) -> None:
    async def switch_off(name: str) -> None:
        async with get_client() as client:
            (one,) = await client.read_automations_by_name(name)
            await client.pause_automation(one.id)

    asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=["untold"])])))
    asyncio.run(switch_off(f"{OURS}untold"))
    changed = asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=["untold"])], tell_when_over=True)))
    assert changed.changed == [f"{OURS}untold"]

    async def is_on(name: str) -> bool:
        async with get_client() as client:
            (one,) = await client.read_automations_by_name(name)
            return one.enabled

    assert not asyncio.run(is_on(f"{OURS}untold"))


def test_one_of_each_arrives_once_by_mail_and_once_by_webhook_and_says_what_where_and_what_next(
    tmp_path: Path, hook: Hook, mailbox: Mailbox
) -> None:
    asyncio.run(install(a_file(send=[mail(mailbox), webhook(tmp_path)])))
    tried = asyncio.run(try_all())
    kinds = {str(kind) for kind in KINDS} - {RunKind.LATE_PASS}
    assert (tried.failed, tried.missing, tried.told) == ([], [], Counter(dict.fromkeys(kinds, 2)))
    posted = [body for _, body in hook.came]
    mails = [parsed(body) for body in mailbox.messages]
    assert mailbox.came == len(mails) == len(posted) == len(kinds)
    assert sorted(body["subject"] for body in posted) == sorted(message["Subject"] for message in mails)
    for kind in kinds:
        (said,) = [body for body in posted if f"SOH hub: {kind} ·" in body["subject"]]
        lines = dict(line.partition(": ")[::2] for line in said["text"].splitlines())
        assert {"What", "Where", "Since", "What next"} <= lines.keys()
        assert "alarms-test" in lines["Where"] or lines["Where"].startswith("test, ")
        assert "TEST" in said["subject"] or "alarms-test" in said["subject"]


def test_a_messenger_that_fails_is_named_with_the_reason(tmp_path: Path, hook: Hook) -> None:
    hook.answers = [404]
    asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=["in-doubt"])])))
    tried = asyncio.run(try_all())
    assert (tried.told, tried.missing) == (Counter(), [])
    ((kind, why),) = tried.failed
    assert (kind, "answered 404" in why) == ("in-doubt", True)


def test_one_that_is_busy_is_asked_again(tmp_path: Path, hook: Hook) -> None:
    hook.answers = [503]
    asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=["in-doubt"])])))
    assert asyncio.run(try_all()).told == {"in-doubt": 1}
    assert len(hook.came) == 2


def test_an_event_that_is_sent_twice_is_told_once(tmp_path: Path, hook: Hook) -> None:
    asyncio.run(install(a_file(send=[webhook(tmp_path, kinds=[AlarmKind.UNTOLD])])))
    resource = {"prefect.resource.id": "soh-hub.alarm.untold.hub"}
    same = Event(event="soh-hub.alarm.raised", resource=resource, payload={"subject": "The same", "text": "What: said twice"})
    other = Event(event="soh-hub.alarm.raised", resource=resource, payload={"subject": "Another", "text": "What: said once"})
    for one in (same, same, other):
        asyncio.run(send([one]))
    assert eventually(lambda: "Another" in [body["subject"] for _, body in hook.came], 30)
    assert [body["subject"] for _, body in hook.came] == ["The same", "Another"]


def test_a_look_that_is_followed_by_no_other_in_time_is_one_alarm(tmp_path: Path, hook: Hook) -> None:
    file = a_file(send=[webhook(tmp_path, kinds=["late-pass"])]).model_copy(update={"late_after": timedelta(seconds=10)})
    asyncio.run(install(file))
    for _ in range(2):
        asyncio.run(send([Event(event=LOOKED, resource={"prefect.resource.id": HUB_ITSELF})]))
    assert not eventually(lambda: bool(hook.came), 5)
    assert eventually(lambda: bool(hook.came), 40)
    assert not eventually(lambda: len(hook.came) > 1, 15)
    ((_, said),) = hook.came
    assert said["subject"] == "SOH hub: late-pass"
    assert "Where: the dispatcher" in said["text"]
