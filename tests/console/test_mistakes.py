"""What a person gets wrong is told in a line that says what, where, and what to do; nothing is begun."""

from pathlib import Path

import pytest

from tests.console.conftest import AT, Person

WRONG_VALUES: dict[str, tuple[tuple[str, ...], str]] = {
    "a time without offset": (("run", "--at", "2026-11-22T06:00:00"), "has no offset: write it with one, such as +00:00"),
    "a time that is none": (("run", "--at", "yesterday"), "a time is written 2026-11-22T06:00:00+00:00"),
    "a negative wait": (("run", "--wait", "-1"), "--wait"),
    "a wait that is no number": (("run", "--wait", "soon"), "valid number"),
    "no reports": (("sample", "--reports", "0", "--out", "x"), "--reports"),
    "reports that are no number": (("sample", "--reports", "many", "--out", "x"), "valid integer"),
    "nowhere to": (("sample", "--reports", "5"), "--out"),
    "a day in another order": (("reconcile", "--day", "22/11/2026"), "%Y-%m-%d"),
    "an option that is not there": (("status", "--jsn"), "--json"),
    "no id": (("trace",), "Missing argument 'submission_id'"),
}


@pytest.mark.parametrize("kind", WRONG_VALUES)
def test_a_wrong_value_is_refused_with_what_is_right(person: Person, kind: str) -> None:
    words, hint = WRONG_VALUES[kind]
    said = person.says(*words)
    assert (said.code, said.out) == (2, "")
    assert hint in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert not person.home.exists()


def _refused(person: Person, hint: str, *words: str | Path) -> None:
    said = person.says(*words)
    assert (said.code, said.out) == (1, ""), said.err
    assert hint in said.err
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) <= 3


def test_run_of_an_intake_that_is_not_there_says_so_before_anything_starts(person: Person, tmp_path: Path) -> None:
    _refused(person, f"The intake {tmp_path / 'nowhere'} is not there", "run", "--intake", tmp_path / "nowhere")
    assert not (person.home / "prefect").exists()


def test_run_for_a_force_that_is_not_on_file_names_the_nearest(person: Person) -> None:
    _refused(person, "did you mean 'kent'?", "run", "--force", "knet")
    assert not (person.home / "prefect").exists()


def test_a_server_for_other_machines_takes_a_credential(person: Person) -> None:
    _refused(person, "0.0.0.0 is not loopback, and Prefect lets in whoever reaches it", "server", "--host", "0.0.0.0")  # noqa: S104 - refused
    assert not (person.home / "prefect").exists()


def test_a_sample_is_never_written_over_another(person: Person, tmp_path: Path) -> None:
    (tmp_path / "out" / "intake").mkdir(parents=True)
    (tmp_path / "out" / "intake" / "somebody's.json").write_text("{}")
    _refused(person, "is not empty: choose another --out", "sample", "--reports", "5", "--out", tmp_path / "out", "--at", AT)
    assert [path.name for path in (tmp_path / "out" / "intake").iterdir()] == ["somebody's.json"]


def test_a_sample_on_rows_that_are_not_there_says_which(person: Person, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv.gz"
    words = ("sample", "--reports", "5", "--out", tmp_path / "out", "--incidents", rows)
    _refused(person, str(rows), *words)
    rows.write_bytes(b"not gzip at all")
    _refused(person, str(rows), *words)


@pytest.mark.parametrize(
    ("name", "value", "command", "hint"),
    [
        ("HUB_MAPPINGS", "nowhere", ("force", "list"), "HUB_MAPPINGS"),
        ("HUB_ENDPOINTS", "nowhere.yaml", ("force", "list"), "nowhere.yaml"),
        ("HUB_LEDGER_URL", "postgresql+psycopg://hub@127.0.0.1:1/hub", ("status",), "ledger"),
        ("HUB_LEDGER_URL", "no url at all", ("status",), "HUB_LEDGER_URL"),
        ("HUB_LEDGER_URL", "carrier-pigeon://x", ("reconcile",), "HUB_LEDGER_URL"),
    ],
)
def test_a_setting_that_cannot_be_right_is_told_in_a_line(
    tmp_path: Path, name: str, value: str, command: tuple[str, ...], hint: str
) -> None:
    _refused(Person(tmp_path / "home", {name: value}), hint, *command)
