"""The email transport: what leaves, who can read it, and what each answer means."""

import io
import logging
import smtplib
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from adapters.transports.email.transport import EmailTransport
from hub.contracts import CannotTell, Misconfigured, Refused, Unavailable
from hub.words import PayloadKind
from tests.adapters.transports.mail import BRISK, CANARY, fails
from tests.conformance.payloads import payload
from tests.servers.smtp import RECIPIENT, SENDER, Keys, Mailbox, parsed

# --- what leaves


def test_openssl_opens_the_message_with_the_forces_key_and_finds_the_sealed_bytes(
    mailbox: Mailbox, mail: EmailTransport, force_keys: Keys
) -> None:
    body = bytes(range(256)) * 50 + CANARY
    sent = payload(body)
    assert mail.send(sent).detail == "smtp-250"
    (message,) = mailbox.messages
    entity = force_keys.open(message)
    assert entity.get_payload(decode=True) == body
    assert (entity.get_filename(), entity.get_content_type()) == (sent.name, "text/csv")
    assert CANARY not in message


def test_it_is_encrypted_with_aes_256_for_the_force(mailbox: Mailbox, mail: EmailTransport) -> None:
    mail.send(payload(CANARY))
    command = ["openssl", "cms", "-cmsout", "-print"]
    shown = subprocess.run(command, input=mailbox.messages[0], check=True, capture_output=True).stdout.decode()
    assert "aes-256-cbc" in shown
    assert shown.count("d.ktri:") == 1


def test_nobody_else_opens_it(mailbox: Mailbox, mail: EmailTransport, tmp_path: Path) -> None:
    mail.send(payload(CANARY))
    with pytest.raises(subprocess.CalledProcessError):
        Keys.make(tmp_path, name="stranger").open(mailbox.messages[0])


def test_each_certificate_of_the_file_opens_it(mailbox: Mailbox, force_keys: Keys, tmp_path: Path) -> None:
    second = Keys.make(tmp_path, name="second")
    both = tmp_path / "both.pem"
    both.write_bytes(force_keys.certificate.read_bytes() + second.certificate.read_bytes())
    transport = EmailTransport(mailbox.settings(encryption=f"file:{both}"))
    transport.send(payload(CANARY))
    transport.close()
    assert [keys.open(mailbox.messages[0]).get_payload(decode=True) for keys in (force_keys, second)] == [CANARY, CANARY]


def test_only_identifiers_stand_outside_the_envelope(mailbox: Mailbox, mail: EmailTransport) -> None:
    sent = payload(CANARY)
    mail.send(sent)
    message = parsed(mailbox.messages[0])
    assert message["Subject"] == f"SOH reports {sent.key}"
    assert (message["From"], message["To"], message["Auto-Submitted"]) == (SENDER, RECIPIENT, "auto-generated")
    assert message.get_content_type() == "application/pkcs7-mime"
    assert mailbox.recipients == [RECIPIENT]
    assert mailbox.helo == "example.org"


def test_a_repeat_has_the_same_message_id_and_another_payload_another(mailbox: Mailbox, mail: EmailTransport) -> None:
    sent = payload(CANARY)
    mail.send(sent)
    mail.send(sent)
    mail.send(payload(CANARY))
    assert mailbox.came == 3
    assert len(mailbox.filed) == 2
    assert all(found.endswith("@soh-hub.invalid>") for found in mailbox.filed)


def test_every_line_keeps_to_what_mail_allows(mailbox: Mailbox, mail: EmailTransport) -> None:
    mail.send(payload(b"x" * 100_000))
    lines = mailbox.messages[0].split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert max(map(len, lines[lines.index(b"") :])) == 76
    assert b"\n" not in b"".join(lines)


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(mailbox: Mailbox, force_keys: Keys) -> None:
    from adapters.transports.email.session import Session
    from adapters.transports.email.settings import Settings

    session = Session(Settings.model_validate(mailbox.settings(encryption=force_keys.certificate)))
    session.open(None)
    text = b"Message-ID: <1@x>\r\n\r\n.\r\n..two\r\n.three\r\nlast"
    session.send(text, SENDER, [RECIPIENT])
    session.close()
    assert mailbox.messages == [text + b"\r\n"]


def test_one_session_serves_a_whole_pass_and_is_replaced_when_the_server_ended_it(tmp_path: Path, force_keys: Keys) -> None:
    with Mailbox.start(tmp_path) as mailbox:
        transport = EmailTransport(mailbox.settings(encryption=force_keys.certificate, timeouts=BRISK))
        for _ in range(10):
            transport.send(payload(CANARY))
        assert mailbox.sessions == 1
        mailbox.hang_up()
        transport.send(payload(CANARY))
        transport.close()
        assert (mailbox.sessions, mailbox.came) == (2, 11)


def test_mail_cannot_be_looked_up(mail: EmailTransport) -> None:
    assert isinstance(mail.find(payload(CANARY)), CannotTell)


def test_bytes_that_are_not_the_sealed_ones_do_not_leave(mailbox: Mailbox, mail: EmailTransport) -> None:
    with pytest.raises(Misconfigured) as caught:
        mail.send(replace(payload(b"report"), open=lambda: io.BytesIO(b"rEport")))
    assert (caught.value.code, mailbox.came) == ("payload-altered", 0)


def test_a_payload_that_the_hub_cannot_read_is_not_the_far_ends_fault(mail: EmailTransport) -> None:
    def gone() -> BinaryIO:
        raise FileNotFoundError("store/0f8f")

    with pytest.raises(Unavailable) as caught:
        mail.send(replace(payload(b"report"), open=gone))
    assert caught.value.code == "payload-unreadable"


# --- size


def test_a_message_over_the_limit_does_not_leave(mailbox: Mailbox, force_keys: Keys) -> None:
    error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate, largest=100_000)), b"x" * 100_000)
    assert (type(error), error.code, mailbox.sessions) == (Refused, "too-large", 0)


def test_the_limit_that_a_server_announces_is_kept(tmp_path: Path, force_keys: Keys) -> None:
    with Mailbox.start(tmp_path, largest=50_000) as mailbox:
        transport = EmailTransport(mailbox.settings(encryption=force_keys.certificate))
        error = fails(transport, b"x" * 50_000)
        assert (type(error), error.code, mailbox.came) == (Refused, "too-large", 0)
        transport.send(payload(b"x" * 20_000))
        transport.close()


def test_a_limit_of_thousands_of_digits_is_none(mail: EmailTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    really = smtplib.SMTP.ehlo

    def boundless(client: smtplib.SMTP, name: str = "") -> tuple[int, bytes]:
        answer = really(client, name)
        client.esmtp_features["size"] = "9" * 5_000
        return answer

    monkeypatch.setattr(smtplib.SMTP, "ehlo", boundless)
    assert mail.send(payload(b"report")).detail == "smtp-250"


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 10_000, 1_000_000])
@pytest.mark.parametrize("kind", PayloadKind)
def test_the_bound_of_a_messages_size_holds(mailbox: Mailbox, mail: EmailTransport, size: int, kind: PayloadKind) -> None:
    from adapters.transports.email.message import at_most

    mail.send(payload(b"x" * size, kind))
    assert len(mailbox.messages[0]) <= at_most(size) <= 2 * size + 10_000


# --- settings


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"encryption": None}, "encryption"),
        ({"host": "mail.example.net", "tls": "none"}, "tls"),
        ({"sender": "hub@example.org\r\nBcc: other@example.org"}, "sender"),
        ({"sender": "Hub <hub@example.org>"}, "sender"),
        ({"recipients": []}, "recipients"),
        ({"recipients": ["a b@example.org"]}, "recipients.0"),
        ({"credentials": "hunter2"}, "credentials"),
        ({"tls": "perhaps"}, "tls"),
        ({"environment": "life"}, "environment"),
        ({"recipient": "x@example.org"}, "did you mean 'recipients'"),
    ],
)
def test_settings_that_are_wrong_are_named_at_once(force_keys: Keys, wrong: dict[str, object], why: str) -> None:
    right = {"host": "127.0.0.1", "tls": "none", "sender": SENDER, "recipients": [RECIPIENT], "encryption": force_keys.certificate}
    EmailTransport(right)
    with pytest.raises(Misconfigured) as caught:
        EmailTransport({**right, **wrong})
    assert caught.value.code == "bad-settings"
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "usage"),
    [("rsa:1024", "keyEncipherment"), ("ec -pkeyopt ec_paramgen_curve:P-256", "keyAgreement"), ("rsa:2048", "digitalSignature")],
)
def test_a_certificate_that_is_none_to_encrypt_for_stops_the_route(mailbox: Mailbox, tmp_path: Path, kind: str, usage: str) -> None:
    keys = Keys.make(tmp_path, kind=kind, usage=usage)
    error = fails(EmailTransport(mailbox.settings(encryption=keys.certificate)))
    assert (type(error), error.code, mailbox.sessions) == (Misconfigured, "bad-certificate", 0)
    assert str(keys.certificate) in str(error)


@pytest.mark.parametrize("text", [None, "", "canary", "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate_stops_the_route(mailbox: Mailbox, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "force.pem"
    if text is not None:
        path.write_text(text)
    assert fails(EmailTransport(mailbox.settings(encryption=path))).code == "bad-certificate"


@pytest.mark.parametrize("days", [-1, 3])
def test_a_certificate_that_does_not_hold_today_stops_the_route(mailbox: Mailbox, force_keys: Keys, days: int) -> None:
    then = datetime.now(UTC) + timedelta(days=days)
    error = fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate), now=lambda: then))
    assert (type(error), error.code, mailbox.came) == (Misconfigured, "certificate-expired", 0)


# --- what nobody may see


def test_neither_reports_nor_secrets_reach_the_log(tmp_path: Path, force_keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Mailbox.start(tmp_path) as mailbox:
        mailbox.answers = {"DATA": "550 canary"}
        fails(EmailTransport(mailbox.settings(encryption=force_keys.certificate)))
    assert [record for record in caplog.records if record.name.startswith(("adapters", "smtplib", "email"))] == []
