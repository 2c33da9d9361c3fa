"""What docs/operate.md and docs/quarantine-codes.md say of alarms and codes is what the hub does."""

from pathlib import Path

import pytest

from adapters.messengers.chosen import messenger_of
from hub.alarm_file import KINDS, read_alarm_file
from hub.alarms import MEANINGS, RUNS, AlarmKind, RunKind
from hub.gravity import AGES, Gravity
from hub.settings import PROJECT
from tests.console.conftest import Person, person

__all__ = ["person"]

PAGE = (PROJECT / "docs" / "operate.md").read_text()


def section(title: str) -> list[str]:
    """The lines of one section of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0].splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_each_alarm_has_a_row_with_what_to_do(kind: AlarmKind | RunKind) -> None:
    (row,) = [line for line in section("Alarms") if line.startswith(f"| `{kind}` | ")]
    meaning = RUNS[kind] if isinstance(kind, RunKind) else MEANINGS[kind]
    assert row.endswith(f"| {meaning.do} |")


@pytest.mark.parametrize("gravity", Gravity)
def test_each_gravity_has_a_row_with_its_age(gravity: Gravity) -> None:
    (row,) = [line for line in section("Quarantine") if line.startswith(f"| `{gravity}` | ")]
    hours = AGES[gravity].total_seconds() / 3600
    assert row.endswith(f"| {hours:g} hour{'' if hours == 1 else 's'} |")


def test_the_alarm_file_that_is_shown_can_be_used(tmp_path: Path) -> None:
    shown = PAGE.split("```yaml\n# /etc/soh-hub/alarms.yaml\n")[1].split("```")[0]
    (tmp_path / "alarms.yaml").write_text(shown)
    file = read_alarm_file(tmp_path / "alarms.yaml")
    assert [send.settings["name"] for send in file.send] == ["email", "slack", "teams", "webhook"]
    assert file.tell_when_over
    for send in file.send:
        messenger_of(send.settings)


def test_the_page_of_the_codes_is_what_the_command_makes(person: Person) -> None:
    assert (PROJECT / "docs" / "quarantine-codes.md").read_text() == person.says("quarantine", "codes", "--markdown").out
