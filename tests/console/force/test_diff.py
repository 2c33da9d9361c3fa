"""`soh-hub force diff`: what a changed mapping changes, in counts; values only when somebody asks for them."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.ledger.arrivals import Arrival, record
from hub.ledger.ledger import Ledger
from hub.words import State
from sandbox.sample.build import build
from tests.console.conftest import AT, Person
from tests.console.force.conftest import edited

NAME = "Featherstonehaugh"


@pytest.fixture(autouse=True)
def _changed(mappings: Path) -> None:
    """The folder is under git, and Kent's file has changed since."""
    for words in (("init", "-q"), ("add", "-A"), ("-c", "user.name=E", "-c", "user.email=e@example.com", "commit", "-q", "-m", "before")):
        subprocess.run(["git", "-C", str(mappings.parent), *words], check=True)
    edited(mappings / "forces" / "kent.yaml", "persons/SURNAME: {max: 20}", "persons/SURNAME: {max: 5}")


def test_made_up_reports_show_which_targets_change_and_in_how_many(engineer: Person) -> None:
    said = engineer.says("force", "diff", "kent", "--against", "HEAD", "--sample", "--at", AT, "--json")
    assert said.code == 0, said.err
    found = said.json()
    assert {(each["target"], each["kind"]) for each in found["targets"]} == {("persons/SURNAME", "changed")}
    assert 0 < found["touched"] == found["targets"][0]["reports"] < found["reports"]
    assert "examples" not in found["targets"][0]


def test_values_are_shown_only_when_asked_for(engineer: Person) -> None:
    found = engineer.says("force", "diff", "kent", "--against", "HEAD", "--sample", "--at", AT, "--json", "--values").json()
    example = found["targets"][0]["examples"][0]
    assert example["before"].startswith(example["after"].split(", ")[0][:4])
    assert len(example["after"]) < len(example["before"])


def test_settings_that_changed_are_told_too(engineer: Person, mappings: Path) -> None:
    edited(mappings / "forces" / "kent.yaml", "drops: {at_most: 250}", "drops: {at_most: 100}")
    found = engineer.says("force", "diff", "kent", "--against", "HEAD", "--sample", "--at", AT, "--json").json()
    assert found["settings"] == {"drops.at_most": {"before": "250", "after": "100"}}


def test_a_new_signal_and_a_target_that_is_gone_are_counted(engineer: Person, mappings: Path) -> None:
    kent = mappings / "forces" / "kent.yaml"
    edited(
        kent,
        "persons/SURNAME: {max: 5}",
        "persons/SURNAME: {max: 20}\n      incidents/WEAPON: {remove: true}\n      incidents/INJURY: {default: U}",
    )
    edited(kent, "ignore: {", "ignore: {incident.weapon: not wanted, ")
    found = engineer.says("force", "diff", "kent", "--against", "HEAD", "--sample", "--at", AT, "--json").json()
    assert {(each["target"], each["kind"]) for each in found["targets"]} == {("incidents/WEAPON", "gone"), ("incidents/INJURY", "new")}
    assert ("defaulted", "incidents/INJURY", 1) in {(each["signal"], each["target"], each["more"]) for each in found["signals"]}


def _kept(engineer: Person, mappings: Path, folder: Path, days_ago: int) -> int:
    """Puts a sample of Kent's submissions into the ledger; returns how many."""
    from hub.forces.registry import Registry

    at = datetime.fromisoformat(AT) - timedelta(days=days_ago)
    build(30, folder, 7, at, None, Registry.load(mappings))
    ledger = Ledger.open(f"sqlite:///{engineer.home / 'ledger.db'}", str(engineer.home / "store"))
    bodies = [path.read_bytes() for path in sorted((folder / "intake").glob("*.json"))]
    arrivals = [
        Arrival(
            f"{folder.name}/{n}",
            "folder",
            "x",
            ledger.store.put("kent", body),
            "kent",
            "crime",
            State.WAITING,
            submission_id=f"{folder.name}-{n}",
        )
        for n, body in enumerate(bodies)
    ]
    record(ledger, arrivals, at.astimezone(UTC))
    ledger.close()
    return len(bodies)


def test_the_ledgers_last_days_are_rendered_and_nothing_in_it_changes(engineer: Person, mappings: Path, tmp_path: Path) -> None:
    kept = _kept(engineer, mappings, tmp_path / "new", 0)
    old = _kept(engineer, mappings, tmp_path / "old", 30)
    before = (engineer.home / "ledger.db").read_bytes()
    found = engineer.says("force", "diff", "kent", "--against", "HEAD", "--at", AT, "--json").json()
    assert 0 < found["reports"] <= kept
    assert [each["target"] for each in found["targets"]] == ["persons/SURNAME"]
    assert (
        engineer.says("force", "diff", "kent", "--against", "HEAD", "--at", AT, "--days", "60", "--json").json()["reports"]
        > found["reports"] - 1
    )
    assert old > 0
    assert (engineer.home / "ledger.db").read_bytes() == before


def test_no_value_of_a_report_comes_to_the_terminal_unasked(engineer: Person, mappings: Path, tmp_path: Path) -> None:
    _kept(engineer, mappings, tmp_path / "new", 0)
    said = engineer.says("force", "diff", "kent", "--against", "HEAD", "--at", AT)
    shown = engineer.says("force", "diff", "kent", "--against", "HEAD", "--at", AT, "--values", "--json").json()
    values = [text for each in shown["targets"] for one in each["examples"] for text in one["before"].split(", ")]
    assert values
    assert [text for text in values if text in said.out] == []
    assert "persons/SURNAME" in said.out


def test_a_ledger_without_reports_says_so(engineer: Person) -> None:
    said = engineer.says("force", "diff", "kent", "--against", "HEAD", "--at", AT)
    assert said.code == 0
    assert "The ledger has no reports of this force in these days" in said.out


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=x", "HEAD:mappings"])
def test_a_revision_that_is_none_is_refused(engineer: Person, revision: str) -> None:
    said = engineer.says("force", "diff", "kent", f"--against={revision}", "--sample")
    assert (said.code, said.out) == (1, "")
    assert "git has no such revision" in said.err


def test_a_force_that_the_revision_does_not_have_is_told(engineer: Person, mappings: Path) -> None:
    text = (mappings / "forces" / "kent.yaml").read_text(encoding="utf-8")
    (mappings / "forces" / "essex.yaml").write_text(text.replace("force: kent", "force: essex").replace('"46"', '"42"'), encoding="utf-8")
    said = engineer.says("force", "diff", "essex", "--against", "HEAD", "--sample")
    assert (said.code, said.err) == (1, "HEAD has no file of the force 'essex': it is new since, or another is meant.\n")


def test_a_folder_that_is_not_under_git_is_told(tmp_path: Path, engineer: Person, mappings: Path) -> None:
    import shutil

    elsewhere = Path(shutil.copytree(mappings, tmp_path.parent / f"{tmp_path.name}-elsewhere"))
    said = Person(engineer.home, {"HUB_MAPPINGS": str(elsewhere)}).says("force", "diff", "kent", "--against", "HEAD", "--sample")
    assert (said.code, said.out) == (1, "")
    assert "git has no such revision" in said.err
