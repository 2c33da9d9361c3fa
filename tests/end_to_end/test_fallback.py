"""A force's own number of attempts over SFTP, then its fallback: mail over a real SMTP server, which the force alone can open."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from flows.wiring import Hub
from hub.ledger.account import account
from hub.ledger.circuits import open_circuits
from hub.settings import PROJECT
from hub.steps.deliver import Delivered, deliver
from hub.words import State
from sandbox.faults import Fault
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import held_of, holders
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.test_known_failures import KENT, Carrier, faults
from tests.servers.smtp import Keys, Mailbox, force_keys

__all__ = ["faults", "force_keys"]

ATTEMPTS = 3


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox.start(tmp_path) as mailbox:
        yield mailbox


@pytest.fixture
def kent(hub_of: OpenHub, mailbox: Mailbox, force_keys: Keys, tmp_path: Path) -> Carrier:
    """A hub whose file for Kent has three attempts, and a fallback by mail that is encrypted for it."""
    folder = Path(shutil.copytree(PROJECT / "mappings", tmp_path / "mappings"))
    file = folder / "forces" / "kent.yaml"
    told = yaml.load(file.read_text(), yaml.BaseLoader)  # noqa: S506 - builds texts alone
    (primary,) = told["routes"]
    primary["drops"]["attempts"] = str(ATTEMPTS)
    transport = {"name": "email", **mailbox.settings(encryption=f"file:{force_keys.certificate}")}
    mail = {"name": "by-mail", "purpose": "fallback", "endpoint": {"instance": "kent-mail", "environment": "test"}, "transport": transport}
    told["routes"].append(primary | mail | {"drops": {"at_most": "250"}})
    file.write_text(yaml.safe_dump(told, sort_keys=False))
    hub = hub_of(mappings=folder)
    assert not hub.registry.broken, hub.registry.broken
    return Carrier(hub, tmp_path / "intake")


def _tried(hub: Hub, name: str) -> Delivered:
    route = hub.route("kent", name)
    assert route
    return deliver(hub.ledger, route, hub.transport_of(route), hub.clock, hub.retry_of(route), other=hub.other_of(route))


def test_after_the_forces_own_number_of_attempts_what_did_not_arrive_goes_by_mail_that_only_the_force_can_open(
    kent: Carrier, mailbox: Mailbox, force_keys: Keys, stand_ins: StandIns, faults: Callable[..., None]
) -> None:
    faults(Fault("connection-refused", force="kent"))
    sent = {kent.bring("kent", KENT) for _ in range(2)}
    kent.prepare()
    tries = [_tried(kent.hub, "records-system") for _ in range(ATTEMPTS)]
    assert [(one.stopped, one.again, one.fell_back) for one in tries] == [("connection-refused", True, 0)] * (ATTEMPTS - 1) + [
        (None, False, 2)
    ]
    assert (open_circuits(kent.hub.ledger), kent.states("kent")) == ({}, {State.WAITING: 2})

    kent.prepare()
    assert (_tried(kent.hub, "by-mail").reports, kent.states("kent")) == (2, {State.DELIVERED: 2})
    opened = [force_keys.open(message) for message in mailbox.messages]
    records = [one.get_payload(decode=True) for one in opened if "incidents" in str(one.get_filename())]
    assert len(records) == 1
    rows = list(csv.reader(io.StringIO(bytes(records[0]).decode()), delimiter="|"))
    assert {cell for row in rows for cell in row} >= sent
    assert not any(identifier.encode() in message for identifier in sent for message in mailbox.messages)
    assert holders(held_of(stand_ins, kent.hub.ledger)) == {}
    assert account(kent.hub.ledger).balanced
