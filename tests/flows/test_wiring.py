from pathlib import Path

import pytest

from flows.wiring import hub_of_environment
from hub.clock import Clock
from hub.contracts import Misconfigured


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
        assert (ours.ledger, ours.taken) == (hub.ledger, hub.taken)
        assert ours.taken.take([("kent", "records-system")]) == {("kent", "records-system")}
        assert hub.taken.take([("kent", "records-system"), ("essex", "records-system")]) == {("essex", "records-system")}
