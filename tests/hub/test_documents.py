"""Located YAML: texts stay texts, and everything that is wrong is said with its line and column."""

from pathlib import Path

import pytest
from pydantic import Field

from hub.documents import Closed, InvalidDocument, load, read


class Inner(Closed):
    schedule: str
    at_most: int = 1


class Outer(Closed):
    force: str
    codes: list[str] = Field(default_factory=list)
    drops: Inner | None = None
    routes: list[Inner] = Field(default_factory=list)
    by_name: dict[str, Inner] = Field(default_factory=dict)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "forces" / "kent.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(InvalidDocument) as raised:
        load(write(folder, text), Outer)
    return [str(fault) for fault in raised.value.faults]


def test_every_scalar_stays_the_text_that_it_is(tmp_path: Path) -> None:
    text = "a: [05, 010, NO, yes, 12:30:00, 1e3, ~, null, 2026-11-22, 0x1F, .inf, 1_000]\nb:\n"
    assert read(write(tmp_path, text)).data == {
        "a": ["05", "010", "NO", "yes", "12:30:00", "1e3", "~", "null", "2026-11-22", "0x1F", ".inf", "1_000"],
        "b": "",
    }


def test_a_byte_order_mark_and_welsh_letters_are_read(tmp_path: Path) -> None:
    assert load(write(tmp_path, "\ufeffforce: Gŵyr\n"), Outer).force == "Gŵyr"


def test_an_alias_is_what_its_anchor_is(tmp_path: Path) -> None:
    text = "force: kent\ndrops: &drops {schedule: daily}\nroutes: [*drops, *drops]\n"
    assert load(write(tmp_path, text), Outer).routes == [Inner(schedule="daily"), Inner(schedule="daily")]


def test_a_fault_inside_an_alias_is_at_the_anchor(tmp_path: Path) -> None:
    text = "force: kent\nby_name:\n  one: &one {schedule: daily, at_mots: 2}\n  two: *one\n"
    assert faults(tmp_path, text) == ["forces/kent.yaml:3:31: unknown key 'at_mots'; did you mean 'at_most'?"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("force: kent\nshedule: 1\n", "2:1: unknown key 'shedule'"),
        ("force: kent\ncods: [a]\n", "2:1: unknown key 'cods'; did you mean 'codes'?"),
        ("force: kent\ndrops:\n  schedule: daily\n  at_mots: 5\n", "4:3: unknown key 'at_mots'; did you mean 'at_most'?"),
        ("force: kent\nroutes:\n- {schedul: daily, schedule: x}\n", "3:4: unknown key 'schedul'; did you mean 'schedule'?"),
        ("force: kent\nby_name: {a: {schedule: x, atmost: 1}}\n", "2:28: unknown key 'atmost'; did you mean 'at_most'?"),
        ("force: kent\ndrops: {at_most: 5}\n", "2:8: the key 'schedule' is missing"),
        ("codes: []\n", "1:1: the key 'force' is missing"),
        ("force: kent\ndrops: {schedule: daily, at_most: many}\n", "2:35: at_most: should be a whole number"),
        ("force: [kent]\n", "1:8: force: should be a text, not a list or a mapping"),
        ("force: kent\ncodes: gender\n", "2:8: codes: should be a list"),
        ("force: kent\nforce: kent\n", "2:1: the key 'force' stands twice; the first is in line 1"),
        ("force:\tkent\n", "1:7: a tab; indent with spaces, and write a tab in a quoted text as \\t"),
        ("force: kent\n\tcodes: []\n", "2:1: a tab; indent with spaces, and write a tab in a quoted text as \\t"),
        ("force: ke\x01nt\n", "1:10: a control character (U+0001); take it out"),
        ("force: kent\n---\nforce: essex\n", "2:1: a second document; one file holds one document: take out the '---'"),
        ("force: &a [*a]\n", "1:12: the anchor 'a' holds itself: a cycle"),
        ("force: *nobody\n", "1:8: no anchor 'nobody' stands before this"),
        ("force: !!python/name:os.system x\n", "1:8: the tag 'tag:yaml.org,2002:python/name:os.system' means nothing here; take it out"),
        ("force: !secret kent\n", "1:8: the tag '!secret' means nothing here; take it out"),
        ("? [a, b]\n: c\n", "1:3: a key must be a text"),
        ("force: a: b\n", "1:9: not YAML: mapping values are not allowed in this context"),
        ("force: [kent\n", "2:1: not YAML: did not find expected ',' or ']'"),
        ("- kent\n", "1:1: the file should be a mapping of keys to values"),
        ("", "1:1: the file should be a mapping of keys to values"),
        (b"name: Kent\nforce: \xff\n", "2:1: the file is not UTF-8; save it as UTF-8"),
        ("a: " + "[" * 200_000, "1:44: nested more deeply than 40 levels"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert faults(tmp_path, text) == [f"forces/kent.yaml:{expected}"]


def test_a_file_that_multiplies_itself_is_stopped(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert faults(tmp_path, "\n".join(lines)) == ["forces/kent.yaml:1:34: more than 50,000 values; use fewer aliases"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    assert faults(tmp_path, b"#" * (1 << 21)) == ["forces/kent.yaml:1:1: the file has 2,097,152 bytes; at most 1,048,576 are read"]


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument) as raised:
        load(tmp_path / "forces" / "nowhere.yaml", Outer)
    assert str(raised.value) == "forces/nowhere.yaml:1:1: the file cannot be read: No such file or directory"


def test_all_faults_of_a_file_are_told_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = "force: kent\nzzz: 1\ndrops: {schedule: x, at_most: y}\naaa: 2\n"
    assert [line.split(":")[1] for line in faults(tmp_path, text)] == ["2", "3", "4"]
