from dataclasses import replace
from pathlib import Path

import pytest
from pysequoia import Tsk

from flows.wiring import hub_of_environment
from hub.clock import Clock
from hub.contracts import Misconfigured
from hub.forces.force import Recipient
from hub.words import Environment, Lane


def test_a_worker_that_was_not_told_where_the_hub_keeps_its_things_keeps_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misconfigured, match="HUB_HOME is not set"), hub_of_environment(Clock()):
        pass
    assert list(tmp_path.iterdir()) == []


def test_passes_beside_each_other_have_their_own_connections_and_share_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    with hub_of_environment(Clock()) as hub, hub.beside(lambda: None) as ours:
        route = hub.route("lancashire", "records-system")
        assert route
        assert hub.format_of(route) is ours.format_of(route)
        assert (ours.ledger, ours.taken, ours.asked) == (hub.ledger, hub.taken, hub.asked)
        kent, essex = ("kent", "records-system"), ("essex", "records-system")
        assert ours.asked.take([kent]) == {kent}
        assert hub.asked.take([kent, essex]) == {essex}
        assert ours.taken.take([(*kent, Lane.ROUTINE)]) == {(*kent, Lane.ROUTINE)}
        assert hub.taken.take([(*kent, Lane.ROUTINE), (*kent, Lane.URGENT)]) == {(*kent, Lane.URGENT)}


def test_a_route_whose_certificate_cannot_be_used_is_not_sealed_and_one_that_can_is_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    certificate = tmp_path / "kent.asc"
    with hub_of_environment(Clock()) as hub:
        plain = hub.route("kent", "records-system")
        assert plain
        assert hub.encryption_of(plain) is None
        route = replace(plain, recipient=Recipient(certificate))
        certificate.write_bytes(b"no certificate")
        with pytest.raises(Misconfigured, match="is not one OpenPGP certificate"):
            hub.format_of(route)
        certificate.write_bytes(bytes(Tsk.generate(user_id="kent@example.org").extract_certificate()))
        assert hub.format_of(route) is hub.format_of(plain)
        assert hub.encryption_of(route) is hub.encryption_of(route)


def test_a_transport_that_does_otherwise_with_a_live_system_is_told_what_the_endpoint_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its own settings claim: mail to a live endpoint never leaves unencrypted."""
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    mail: dict[str, object] = {
        "name": "email",
        "host": "127.0.0.1",
        "tls": "none",
        "sender": "hub@example.org",
        "recipients": ["soh@example.org"],
    }
    with hub_of_environment(Clock()) as hub:
        known = hub.route("kent", "records-system")
        assert known
        for claimed in ({}, {"environment": "test"}):
            route = replace(known, transport=mail | claimed, endpoint=replace(known.endpoint, environment=Environment.LIVE))
            with pytest.raises(Misconfigured, match="encryption: name the force's S/MIME certificate"):
                hub.transport_of(route)
        hub.transport_of(replace(known, transport=mail, endpoint=replace(known.endpoint, environment=Environment.TEST)))
