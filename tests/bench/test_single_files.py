"""The measurement of single files carries real files to a real server, and says whether they arrived."""

from pathlib import Path

from bench.single_files import FORCE, measure


def test_every_way_brings_every_file(tmp_path: Path) -> None:
    measured = measure(tmp_path, tmp_path / "far", 40)
    assert measured["right"]
    assert measured["files_per_s"] > 0
    assert len(list((tmp_path / "far" / "ours" / FORCE).iterdir())) == 40
