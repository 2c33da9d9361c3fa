import os
import pwd
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from console.main import app
from hub.ledger.holds import paused
from hub.ledger.ledger import Ledger
from hub.ledger.tables import changes, pauses
from hub.settings import Settings
from tests.ledger.making import rows


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "somebody-else")
    return tmp_path


def _ledger() -> Ledger:
    settings = Settings.read()
    return Ledger.open(settings.ledger_url, settings.store)


def _say(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words])
    return done.exit_code, done.output


@pytest.mark.usefixtures("home")
def test_who_pauses_and_resumes_a_force_and_why_is_in_its_history_also_when_it_has_no_reports() -> None:
    assert _say("pause", "kent", "--reason", "their migration") == (
        0,
        "kent is paused: its reports are held. To go on: soh-hub resume kent\n",
    )
    ledger = _ledger()
    me = pwd.getpwuid(os.getuid()).pw_name  # not what the environment claims
    assert paused(ledger) == {"kent"}
    assert [(row["actor"], row["reason"]) for row in rows(ledger, pauses)] == [(me, "their migration")]
    assert _say("resume", "kent", "--reason", "done") == (0, "kent goes on.\n")
    assert paused(ledger) == set()
    with ledger.read() as connection:
        written = connection.execute(select(changes.c.action, changes.c.actor, changes.c.reason, changes.c.at).order_by(changes.c.id)).all()
    ledger.close()
    assert [tuple(row)[:3] for row in written] == [("pause", me, "their migration"), ("resume", me, "done")]
    assert all(isinstance(row.at, datetime) for row in written)


@pytest.mark.usefixtures("home")
def test_what_is_so_already_or_nobody_knows_is_refused() -> None:
    assert _say("resume", "kent") == (1, "kent is not paused.\n")
    assert _say("pause", "kent", "--reason", "works")[0] == 0
    assert _say("pause", "kent", "--reason", "works") == (1, "kent is paused already.\n")
    code, said = _say("pause", "kend", "--reason", "works")
    assert (code, "no force 'kend'" in said, "kent" in said) == (1, True, True)
    assert _say("pause", "essex")[0] == 2  # without a reason


@pytest.mark.usefixtures("home")
def test_status_shows_that_a_force_is_paused_and_who_is_at_its_lanes() -> None:
    from tests.ledger.making import claimed, own, waiting

    ledger = _ledger()
    own(ledger, waiting(ledger, 1))
    claimed(ledger)
    _say("pause", "kent", "--reason", "works")
    _, said = _say("status", "--json")
    ledger.close()
    assert f'"trouble": "paused, with process {os.getpid()} on ' in said
