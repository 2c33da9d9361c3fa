"""A force's mailbox, and a transport to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.transports.email.transport import EmailTransport
from tests.adapters.transports.mail import BRISK
from tests.servers.smtp import Keys, Mailbox, force_keys

__all__ = ["force_keys"]


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox.start(tmp_path) as mailbox:
        yield mailbox


@pytest.fixture
def mail(mailbox: Mailbox, force_keys: Keys) -> Iterator[EmailTransport]:
    """Encrypts for the force, and waits for nothing long."""
    transport = EmailTransport(mailbox.settings(encryption=force_keys.certificate, timeouts=BRISK))
    yield transport
    transport.close()
