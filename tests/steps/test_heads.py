"""The heads of the history are told outside the database: each that has moved, once, and never over what was told before."""

from pathlib import Path

import orjson
import pytest

from hub.ledger.audit import verify
from hub.ledger.chain import Head
from hub.ledger.errors import LedgerUnavailable
from hub.steps.heads import NAME, tell_heads, told
from tests.steps.house import AT, ESSEX, House, sent


def test_each_head_that_has_moved_is_told_once_and_the_audit_hears_of_it(house: House, tmp_path: Path) -> None:
    file = tmp_path / NAME
    house.pick_up(sent(1), sent(2, ESSEX))
    first = tell_heads(house.ledger, tmp_path, AT)
    assert [(head.force, head.number) for head in first] == [("essex", 1), ("kent", 1)]
    assert tell_heads(house.ledger, tmp_path, AT) == []
    house.pick_up(sent(3))
    (moved,) = tell_heads(house.ledger, tmp_path, AT)
    assert (moved.force, moved.number) == ("kent", 2)
    assert told(file, house.ledger.series) == ([*first, moved], 0)
    assert verify(house.ledger, [*first, moved]).sound
    with file.open("ab") as opened:
        opened.write(b'{"series": "torn')  # a crash
    house.pick_up(sent(4))
    assert [head.number for head in tell_heads(house.ledger, tmp_path, AT)] == [3]
    heads, passed_over = told(file, house.ledger.series)
    assert ([head.number for head in heads], passed_over) == ([1, 1, 2, 3], 1)


def test_lines_of_another_ledger_and_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    line = {"series": "mine", "at": AT, "force": "kent", "number": 7, "digest": "d"}
    lines = [orjson.dumps(line), orjson.dumps(line | {"series": "else"}), b"[]", b"\xff", orjson.dumps(line | {"number": "7"}), b""]
    (tmp_path / NAME).write_bytes(b"\n".join(lines))
    assert told(tmp_path / NAME, "mine") == ([Head("kent", 7, "d")], 4)


def test_a_folder_that_cannot_be_written_to_is_said_and_nothing_is_lost(house: House, tmp_path: Path) -> None:
    house.pick_up(sent(1))
    (tmp_path / "file").touch()
    with pytest.raises(LedgerUnavailable, match="the heads of its history cannot be told to"):
        tell_heads(house.ledger, tmp_path / "file", AT)
    assert len(tell_heads(house.ledger, tmp_path, AT)) == 1
