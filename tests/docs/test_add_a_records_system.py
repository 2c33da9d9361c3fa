"""`docs/add-a-records-system.md`, followed step by step on a copy of some of the mappings."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.settings import PROJECT
from sandbox.holdings import holdings
from tests.console.force.conftest import a_folder
from tests.docs.following import Shell, steps_of

PAGE = (PROJECT / "docs" / "add-a-records-system.md").read_text(encoding="utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path, HUB_MAPPINGS=str(a_folder(tmp_path)))
    yield shell
    shell.leaves()


def test_whoever_follows_the_page_ends_with_the_first_report_in_a_system_nobody_has_seen(shell: Shell) -> None:
    for step in steps_of(PAGE):
        shell.follows(step)
    assert "**Ready**" in (shell.folder / "testshire.md").read_text(encoding="utf-8")
    held = holdings(shell.folder / "sandbox")["testshire", "records-system"]
    standing = json.loads(shell.types('HUB_KEYS="none: this is a demo" soh-hub status --json').stdout)["forces"]["testshire"]["states"]
    assert held.reports
    assert standing.get("accepted", 0) == sum(report.accepted for report in held.reports)
    assert {payload.key.split(".")[-1] for payload in held.payloads} == {"ndjson", "json"}
    assert list((shell.folder / "mappings/profiles/ledgerline-style").rglob("*.py")) == []
