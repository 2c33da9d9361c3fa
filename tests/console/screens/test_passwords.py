import pytest

from console.screens.passwords import Hashed, lets_in, line_for, read_lines

PASSWORD = "correct horse battery"


def test_a_line_lets_in_its_name_with_its_password_alone_and_holds_neither_of_them_readable() -> None:
    line = line_for("alice", PASSWORD)
    known = read_lines(f"# who may sign in\n\n{line}\n")
    assert PASSWORD not in line
    assert lets_in(known, "alice", PASSWORD)
    for name, password in (("alice", PASSWORD + "x"), ("alice", ""), ("bob", PASSWORD), ("", ""), ("Alice", PASSWORD)):
        assert not lets_in(known, name, password)
    assert line_for("alice", PASSWORD) != line


@pytest.mark.parametrize(
    ("name", "password"), [("a b", PASSWORD), ("", PASSWORD), ("alice\n", PASSWORD), ("alice", "short"), ("alice", "x" * 300)]
)
def test_what_is_no_name_or_no_password_makes_no_line(name: str, password: str) -> None:
    with pytest.raises(ValueError, match=r"^A (name|password)") as error:
        line_for(name, password)
    assert password not in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        f"alice {PASSWORD}",
        "alice",
        "alice scrypt:2:8:1:AAAA:AAAA",
        "alice scrypt:1073741824:8:1:AAAA:AAAA",
        "alice md5:32768:8:3:AAAA:AAAA",
        "alice scrypt:32768:8:3:!:AAAA",
        f"two words {Hashed(32768, 8, 3, b'salt', b'key')}",
        f"alice {Hashed(32768, 8, 3, b'salt', b'key')}\nalice {Hashed(32768, 8, 3, b'salt', b'key')}",
    ],
)
def test_a_line_that_the_hub_did_not_write_is_refused_by_its_number_and_not_repeated(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line [12] ") as error:
        read_lines(line)
    assert PASSWORD not in str(error.value)
