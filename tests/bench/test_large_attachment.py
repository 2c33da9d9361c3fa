"""The measurement of a large attachment carries it whole, and its second pass opens what the first one kept."""

from pathlib import Path

from bench.large_attachment import AT, FORCES, MAPPINGS, SMALL, Video, _holds, _pass, _submit
from sandbox.stand_ins import StandIns


def test_it_arrives_whole_and_another_pass_goes_on_with_the_same_ledger(tmp_path: Path) -> None:
    force, code = FORCES["rest"]
    video, home = Video.make(tmp_path / "video", SMALL), tmp_path / "hub"
    with StandIns(tmp_path / "far", MAPPINGS, AT) as far:
        submission = _submit(home, code, video)
        assert _pass(home, far.endpoints)["delivered"] == 1
        assert _holds(far, force, submission, video)
        assert _pass(home, far.endpoints)["delivered"] == 0
