"""`docs/serve.md` and `docs/metrics.md`, followed step by step."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.keys import DEMO
from hub.settings import PROJECT
from tests.docs.following import Shell, steps_of

_DOCS = PROJECT / "docs"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    home = {"HUB_HOME": str(tmp_path / "home"), "HUB_KEYS": DEMO}
    made = Shell(tmp_path, **home, HUB_SERVE_PASSWORDS=f"file:{tmp_path / 'passwords'}")
    yield made
    made.leaves()


def test_who_follows_the_page_has_the_screens_and_the_figures(shell: Shell) -> None:
    said = {step.text: shell.follows(step) for step in steps_of((_DOCS / "serve.md").read_text(encoding="utf-8"))}
    with urlopen("http://127.0.0.1:4310/", timeout=30) as answer:
        assert "Sign in" in answer.read().decode()
    assert "44 of 44 forces are live" in said["soh-hub programme"]
    assert '"assumed_minutes_a_report": 40.0' in said["soh-hub programme --json"]


def test_who_follows_the_page_of_metrics_has_what_its_table_names(shell: Shell, tmp_path: Path) -> None:
    page = (_DOCS / "metrics.md").read_text(encoding="utf-8")
    said = [shell.follows(step) for step in steps_of(page)]
    assert (tmp_path / "soh_hub.prom").read_text() == said[0]
    told = {re.sub("_total$", "", name) for name in re.findall(r"^\| `(soh_hub_\w+)`", page, re.MULTILINE)}
    assert {family.name for family in text_string_to_metric_families(said[0])} <= told
    assert len(told) == 13
