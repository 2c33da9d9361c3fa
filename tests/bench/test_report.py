"""The page of results says what was measured, where, and what was not; the same results make the same page."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.reporting.machine import machine
from bench.reporting.sections import SECTIONS, as_it_is, table

RATE = {"files_per_s": 1234}
SINGLE = {"files": 3000, "ours": {"files_per_s": 987, "cpu_us_per_file": 400}, "sftp_b": RATE, "paramiko_serial": RATE, "asyncssh_32": RATE}
PEER = {"what": "x", "seconds": 2.0, "reports_per_s": 50.5, "cpu_s": 3.0, "hub_is_times_as_fast": 2.0, "right": True, "lacks": "a | b"}
SHAPES = {"drops": {"what": "CSV files", "peers": {"hub": PEER | {"lacks": ""}, "plain": PEER, "dlt": PEER}}}
MORE = {
    "drops": {
        "what": "CSV files",
        "peers": {"hub": PEER | {"seconds": 6.5}, "plain": PEER | {"right": False}, "dlt": PEER | {"seconds": 30.0}},
    }
}
PEERS = {"sizes": [{"reports": 100, "shapes": SHAPES}, {"reports": 1100, "shapes": MORE}]}


def keep(results: Path, name: str, result: Any) -> None:
    results.mkdir(exist_ok=True)
    kept = {"command": f"python -m bench.{name} --json", "machine": machine(), "result": result}
    (results / f"{name}.json").write_text(json.dumps(kept))


def test_what_was_measured_is_there_with_its_machine_and_what_was_not_says_so(tmp_path: Path) -> None:
    keep(tmp_path / "results", "single_files", SINGLE)
    keep(tmp_path / "results", "peers", PEERS)
    page = report.page(tmp_path / "results", tmp_path)
    assert "| the hub, with its ledger | 987 |" in page
    assert "| hub | x | 50.5 | 2.0 | 50.5 | 2.0 | 3.0 | 1.55 | 4.5 | yes | – |" in page
    assert "| dlt | x | 50.5 | 2.0 | 50.5 | 2.0 | 3.0 | – | 28.0 | yes |" in page
    assert "| plain | x | 50.5 | 2.0 | 50.5 | 2.0 | 3.0 | 2.0 | 0.0 | **no** | a \\| b |" in page
    assert f"Python {machine()['python']}" in page
    assert page.count("Not measured yet") == len(SECTIONS) - 2
    assert {path.name for path in tmp_path.glob("*.svg")} == {"performance-single-files.svg", "performance-peers-drops.svg"}


def test_the_same_results_make_the_same_page_and_pictures(tmp_path: Path) -> None:
    keep(tmp_path / "results", "single_files", SINGLE)
    made = []
    for _ in range(2):
        page = report.page(tmp_path / "results", tmp_path)
        made.append((page, (tmp_path / "performance-single-files.svg").read_bytes()))
    assert made[0] == made[1]


def test_a_result_that_is_there_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, "mapping", [])
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("it was measured again"))
    assert report.measured(tmp_path, "mapping", again=False)


def test_a_result_without_a_form_of_its_own_is_shown_as_it_is() -> None:
    shown = as_it_is({"time_exponent": 1.02, "sizes": [{"reports": 1000, "wall_s": 2.5}, {"reports": 10000, "mb": 300}]})
    assert "| time exponent | 1.02 |" in shown
    assert "| reports | wall s | mb |" in shown
    assert "| 10,000 | – | 300 |" in shown


def test_every_measurement_has_a_section() -> None:
    assert report.COMMANDS.keys() == SECTIONS.keys()


def test_what_is_not_there_is_a_dash() -> None:
    assert table(("a", "b", "c"), [(None, False, 1234.5)]).endswith("| – | **no** | 1,234.5 |")
