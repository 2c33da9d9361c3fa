"""A force's mailbox behind a real SMTP server (aiosmtpd), with TLS or without, and with answers and faults on demand.

It files a message that it has already, by its Message-ID, no second time: `docs/delivery.md` asks that of a force.
"""

import asyncio
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "hub", "made-up"
SENDER, RECIPIENT = "hub@example.org", "reports@example.net"


@dataclass(frozen=True)
class Keys:
    """A force's S/MIME certificate with its key, as OpenSSL makes them."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, *, name: str = "force", kind: str = "rsa:2048", days: int = 2, usage: str = "keyEncipherment") -> "Keys":
        found = cls(folder / f"{name}.pem", folder / f"{name}.key")
        command = ["openssl", "req", "-x509", "-nodes", "-newkey", *kind.split(), "-subj", f"/CN={name}", "-days", str(days)]
        command += ["-addext", f"keyUsage=critical,{usage}", "-keyout", str(found.key), "-out", str(found.certificate)]
        subprocess.run(command, check=True, capture_output=True)
        return found

    def open(self, message: bytes) -> EmailMessage:
        """What is within an encrypted message, opened by OpenSSL, which is not ours."""
        command = ["openssl", "cms", "-decrypt", "-recip", str(self.certificate), "-inkey", str(self.key)]
        found = subprocess.run(command, input=message, check=True, capture_output=True)
        return parsed(found.stdout)


def parsed(message: bytes) -> EmailMessage:
    """A message as Python's own parser reads it."""
    found = message_from_bytes(message, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


@dataclass
class Mailbox:
    """A running server, and what it filed. `answers` are given by step (`MAIL`, `RCPT`, `DATA`) instead of its own.

    `then`: what it does once it has a whole message: answers; files it and hangs up or stalls without a word.
    """

    folder: Path
    port: int = 0
    filed: dict[str, bytes] = field(default_factory=dict)  # by Message-ID
    came: int = 0
    sessions: int = 0
    helo: str | None = None
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    then: Literal["answer", "hang up", "stall"] = "answer"
    settings_of_tls: dict[str, object] = field(default_factory=dict)
    hang_up: Callable[[], None] = lambda: None  # ends every session, as a server does that was not spoken to for long

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        tls: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        login: bool = False,
        largest: int = 33_554_432,
        ca: Path | None = None,
    ) -> Iterator["Mailbox"]:
        """A server that is there within the `with` block; with `tls` nothing is taken before STARTTLS, or it begins with it."""
        mailbox = cls(folder)
        mailbox.settings_of_tls = {"tls": "implicit" if implicit else "starttls", "ca": ca} if tls else {"tls": "none"}
        (folder / "login.json").write_text(json.dumps({"username": USER, "password": PASSWORD}))
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()

        desks: list[SMTP] = []

        def hang_up() -> None:
            async def abort() -> None:
                for desk in desks:
                    if isinstance(desk.transport, asyncio.Transport):
                        desk.transport.abort()

            asyncio.run_coroutine_threadsafe(abort(), loop).result(10)

        mailbox.hang_up = hang_up

        def serve() -> SMTP:
            desk = SMTP(
                _Desk(mailbox),
                hostname="mail.example.net",
                data_size_limit=largest,
                tls_context=tls if tls and not implicit else None,
                require_starttls=bool(tls) and not implicit,
                auth_required=login,
                auth_require_tls=bool(tls) and not implicit,
                authenticator=_authenticate,
                loop=loop,
            )
            desks.append(desk)
            return desk

        async def listen() -> asyncio.Server:
            return await loop.create_server(serve, "127.0.0.1", 0, ssl=tls if implicit else None)

        server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
        mailbox.port = server.sockets[0].getsockname()[1]
        try:
            yield mailbox
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    def settings(self, **others: object) -> dict[str, object]:
        """The settings of a route to this mailbox."""
        at = {"host": "127.0.0.1", "port": self.port, "sender": SENDER, "recipients": [RECIPIENT]}
        return {**at, **self.settings_of_tls, **others}

    @property
    def credentials(self) -> str:
        return f"file:{self.folder}/login.json"

    @property
    def messages(self) -> list[bytes]:
        """What is filed, oldest first."""
        return list(self.filed.values())


class _Desk:
    """What aiosmtpd asks at each step; an answer of ours instead of its own where the mailbox has one."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        mailbox.sessions += 1

    async def handle_MAIL(self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd asks by this name
        self._mailbox.helo = session.host_name
        if answer := self._mailbox.answers.get("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802 - aiosmtpd asks by this name
        if answer := self._mailbox.answers.get(f"RCPT {address}") or self._mailbox.answers.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd asks by this name
        mailbox = self._mailbox
        mailbox.came += 1
        if answer := mailbox.answers.get("DATA"):
            return answer
        assert isinstance(envelope.content, bytes)
        mailbox.filed.setdefault(parsed(envelope.content)["Message-ID"], envelope.content)
        mailbox.recipients = list(envelope.rcpt_tos)
        if mailbox.then == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if mailbox.then == "stall":
            await asyncio.sleep(60)
        return "250 OK: queued, says a text that must not travel"


def _authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


async def _close(server: asyncio.Server) -> None:
    server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="session")
def force_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """One force's certificate and key for the session."""
    return Keys.make(tmp_path_factory.mktemp("keys"))
