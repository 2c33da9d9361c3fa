"""An alarm by mail, webhook, Slack and Teams: what arrives at real servers, and what is said where it does not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.messengers.chosen import messenger_of
from adapters.messengers.email import EmailMessenger
from hub.contracts import Misconfigured, Told, Unavailable
from tests.servers.hook import Hook
from tests.servers.smtp import RECIPIENT, SENDER, Mailbox, parsed

TOLD = Told("SOH hub: circuit-open · kent", "What: it does not answer.\nWhere: kent <a&b>\nWhat next: tell them.")


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox.start(tmp_path) as running:
        yield running


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    with Hook.start() as running:
        (tmp_path / "hook").write_text(f"{running.url}/services/T0/B0?sig=made-up")
        yield running


def by_mail(mailbox: Mailbox, **others: object) -> EmailMessenger:
    return EmailMessenger(mailbox.settings(**others))


def test_an_alarm_by_mail_is_a_plain_text_that_a_mail_system_can_file_once(mailbox: Mailbox) -> None:
    for _ in range(2):
        by_mail(mailbox).tell(TOLD)
    (message,) = [parsed(body) for body in mailbox.messages]
    assert mailbox.came == 2
    assert (message["Subject"], message["From"], message["To"]) == (TOLD.subject, SENDER, RECIPIENT)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().splitlines() == TOLD.text.splitlines()


def test_a_mail_server_that_is_not_well_is_for_later_and_one_that_does_not_want_us_is_not(mailbox: Mailbox) -> None:
    mailbox.answers = {"MAIL": "451 later"}
    with pytest.raises(Unavailable, match="answered 451"):
        by_mail(mailbox).tell(TOLD)
    mailbox.answers = {"RCPT": "550 nobody of that name"}
    with pytest.raises(Misconfigured, match="does not take mail for one of `recipients`"):
        by_mail(mailbox).tell(TOLD)
    mailbox.answers = {}
    with pytest.raises(Unavailable, match="cannot be reached"):
        by_mail(mailbox, port=1).tell(TOLD)


def test_no_login_goes_in_the_clear_to_another_machine() -> None:
    with pytest.raises(Misconfigured, match="only a server on this machine"):
        EmailMessenger({"host": "mail.example.net", "tls": "none", "sender": SENDER, "recipients": [RECIPIENT]})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("webhook", {"subject": TOLD.subject, "text": TOLD.text}),
        ("slack", {"text": f"*{TOLD.subject}*\nWhat: it does not answer.\nWhere: kent &lt;a&amp;b&gt;\nWhat next: tell them."}),
    ],
)
def test_a_webhook_and_slack_get_their_shape(hook: Hook, tmp_path: Path, name: str, expected: dict[str, str]) -> None:
    messenger_of({"name": name, "url": f"file:{tmp_path}/hook"}).tell(TOLD)
    assert hook.came == [("/services/T0/B0?sig=made-up", expected)]


def test_teams_gets_an_adaptive_card_with_a_block_for_each_line(hook: Hook, tmp_path: Path) -> None:
    messenger_of({"name": "teams", "url": f"file:{tmp_path}/hook"}).tell(TOLD)
    ((_, message),) = hook.came
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [(block["type"], block["text"]) for block in card["body"]] == [
        ("TextBlock", text) for text in (TOLD.subject, *TOLD.text.splitlines())
    ]


@pytest.mark.parametrize(("status", "error"), [(503, Unavailable), (429, Unavailable), (404, Misconfigured), (302, Misconfigured)])
def test_an_answer_that_is_no_yes_says_what_next_and_never_the_address(
    hook: Hook, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    hook.answers = [status]
    with pytest.raises(error, match=f"the slack of file:.*/hook answered {status}") as raised:
        messenger_of({"name": "slack", "url": f"file:{tmp_path}/hook"}).tell(TOLD)
    assert "made-up" not in str(raised.value)


@pytest.mark.parametrize("address", ["http://hooks.example.net/a", "ftp://127.0.0.1/a", "https://", "http://[", "nothing"])
def test_an_address_that_is_not_safe_is_not_called_and_not_repeated(tmp_path: Path, address: str) -> None:
    (tmp_path / "hook").write_text(address)
    with pytest.raises(Misconfigured, match=r"is not reached by https://host/path") as raised:
        messenger_of({"name": "webhook", "url": f"file:{tmp_path}/hook"}).tell(TOLD)
    assert raised.value.code == "bad-address"


def test_a_secret_that_stands_where_a_reference_belongs_is_refused_and_not_repeated() -> None:
    with pytest.raises(Misconfigured, match="never the secret itself") as raised:
        messenger_of({"name": "slack", "url": "https://hooks.example.net/T0/made-up"})
    assert "made-up" not in str(raised.value)


def test_a_messenger_that_nobody_knows_is_named_with_the_nearest() -> None:
    with pytest.raises(Misconfigured, match=r"no messenger is called 'slak'; did you mean 'slack'\?"):
        messenger_of({"name": "slak"})
