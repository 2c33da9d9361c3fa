"""The comparison with peers is fair: everybody makes the same values of the same submissions, and what arrived is really judged."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.openssh import OpenSSH, openssh
from bench.peers.__main__ import PEERS, measure
from bench.peers.flat import FIELDS, flat
from bench.peers.work import AT, FORCES, SHAPES, judged, make_intake, make_mappings
from hub.clock import day_of
from hub.forces.registry import Force, Registry
from hub.mapping.record import Node
from hub.reports.reader import read


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSSH]:
    with openssh(tmp_path_factory.mktemp("ssh")) as server:
        yield server


def leaves(nodes: list[Node]) -> Iterator[tuple[str, str]]:
    for field, content in nodes:
        if isinstance(content, list):
            yield from leaves(content)
        else:
            yield field.name, str(content)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_hubs_field_map_makes_what_the_peers_make(tmp_path: Path, server: OpenSSH, shape: str) -> None:
    expected = make_intake(tmp_path / "intake", 50)
    assert len(expected) == 50
    registry = Registry.load(make_mappings(tmp_path / "mappings", shape, server, tmp_path / "in"))
    assert not registry.broken
    assert len(registry.forces) == len(FORCES)
    for file in (tmp_path / "intake").iterdir():
        report = read(file.read_bytes()).report
        force = registry.by_code(report.force_code)
        assert isinstance(force, Force)
        (route,) = force.routes
        record = route.mapping(report.service).apply(report, day_of(AT))
        assert dict(leaves(list(record.nodes))) == expected[report.submission_id] == flat(file.read_bytes())


def test_the_judge_sees_what_is_wrong_missing_or_there_twice(tmp_path: Path) -> None:
    right, wrong, missing = ({name: f"{name} {number}" for name in FIELDS} for number in range(3))
    expected = {one["SUBMISSION_ID"]: one for one in (right, wrong, missing)}
    for number, row in enumerate((right, right, wrong | {"TEXT": "another"})):
        (tmp_path / f"{number}.json").write_text(json.dumps(row))
    (tmp_path / ".3.json.part").write_text("half")
    assert judged(tmp_path, expected) == {"arrived": 2, "wrong": 1, "twice": 1, "missing": 1, "files": 4}


def test_a_plain_script_carries_both_shapes_and_is_judged_right(tmp_path: Path) -> None:
    measured = measure(tmp_path, 40, ["plain"], list(SHAPES), tmp_path / "environments")
    assert measured["right"]
    files = {shape: found["peers"]["plain"]["files"] for shape, found in measured["shapes"].items()}
    assert files == {"drops": 1, "single": 40}


def test_what_a_peer_does_not_do_stands_beside_it() -> None:
    assert [name for name, peer in PEERS.items() if not peer.lacks] == ["hub"]
