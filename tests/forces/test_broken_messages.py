"""The broken force files as a collection: enough of them, and their messages can be written anew."""

import shutil
from pathlib import Path

from tests.forces.broken import write_messages
from tests.forces.conftest import DATA

BROKEN = DATA / "broken"


def test_there_are_at_least_thirty_kinds_of_mistake() -> None:
    assert len(list(BROKEN.glob("*.yaml"))) >= 30


def test_the_documented_command_writes_the_messages_that_are_on_file(tmp_path: Path) -> None:
    for path in BROKEN.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    write_messages(tmp_path)
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.txt")} == {
        path.name: path.read_text(encoding="utf-8") for path in BROKEN.glob("*.txt")
    }
