"""What the seed of a chaos run decides."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from bench.chaos.intake import Intake, sent
from bench.chaos.plan import AT, LEASE, Plan, blows, strokes, weather
from hub.forces.registry import Registry
from hub.settings import PROJECT
from sandbox.faults import KINDS
from sandbox.sample import build

FORCES = ["avon-and-somerset", "btp", "gwent", "kent", "lancashire"]


def test_the_same_seed_brings_the_same_weather_and_the_same_blows() -> None:
    assert list(islice(weather(7, FORCES), 20)) == list(islice(weather(7, FORCES), 20))
    assert list(islice(blows(7, 3), 50)) == list(islice(blows(7, 3), 50))


def test_another_seed_brings_other_weather_and_other_blows() -> None:
    assert next(weather(7, FORCES)) != next(weather(8, FORCES))
    assert list(islice(blows(7, 3), 50)) != list(islice(blows(8, 3), 50))


def test_the_weather_brings_every_fault_that_leaves_nothing_for_a_person() -> None:
    kinds = {fault.kind for sky in islice(weather(1, FORCES), 30) for fault in sky.faults}
    assert kinds == {*KINDS} - {"expired-certificate", "refuse", "reject", "silent"}  # the first needs TLS


def test_a_pause_outlasts_the_lease_and_every_worker_is_struck() -> None:
    some = list(islice(blows(1, 3), 200))
    assert min(blow.pause for blow in some if blow.pause is not None) > LEASE
    assert {worker for blow in some for worker in blow.workers} == {0, 1, 2}
    assert (0, 1, 2) in {blow.workers for blow in some}  # all at once


def test_an_instance_that_is_down_counts_for_no_stroke() -> None:
    assert strokes(Counter({"connection-refused": 40, "reset": 2, "status": 1})) == 3


def test_the_intake_is_handed_out_once_in_order_with_its_files(tmp_path: Path) -> None:
    plan = Plan(3, 210, portions=5)
    build(plan.reports, tmp_path, plan.seed, datetime.fromisoformat(AT), None, Registry.load(PROJECT / "mappings"), ndjson_lines=5)
    said = sent(tmp_path)
    named = {submission for submission, one in said.items() if one.files}
    intake, seen, portions = Intake(tmp_path, tmp_path / "given", plan), [], 0
    everything = sorted(path.name for path in (tmp_path / "intake").iterdir() if path.is_file())
    assert named
    while not intake.handed_out:
        intake.hand_out(all_of_it=portions == 8)
        portions += 1
        new = sorted(path.name for path in intake.folder.iterdir() if path.is_file())
        seen += new
        for name in new:
            (intake.folder / name).unlink()
    assert seen == everything
    assert portions == 9  # the last one is kept back until it is asked for
    assert named >= {path.name for path in (intake.folder / "attachments").iterdir()} >= {s for s in named if len(said[s].files) > 1}
    assert not intake.empty  # the files that came with submissions still lie there


def test_the_same_seed_makes_the_same_portions(tmp_path: Path) -> None:
    plan, registry = Plan(3, 60, portions=4), Registry.load(PROJECT / "mappings")
    given: list[list[str]] = []
    for name in ("a", "b"):
        build(plan.reports, tmp_path / name, plan.seed, datetime.fromisoformat(AT), None, registry)
        intake = Intake(tmp_path / name, tmp_path / name / "given", replace(plan))
        intake.hand_out(all_of_it=False)
        given.append(sorted(path.name for path in intake.folder.iterdir()))
    assert given[0] == given[1]
