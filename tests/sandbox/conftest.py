"""Stand-ins for the tests: one set for a module, its own servers on free ports."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.holdings import STANDS, Held
from sandbox.stand_ins import StandIns
from sandbox.stands import Stand, write_stands
from tests.sandbox import far_ends


@pytest.fixture(scope="module")
def sandbox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sandbox")
    write_stands(folder / STANDS, far_ends.STANDS)
    return folder


@pytest.fixture(scope="module")
def stand_ins(sandbox_folder: Path) -> Iterator[StandIns]:
    with StandIns(sandbox_folder, None) as running:
        yield running


@pytest.fixture
def held(stand_ins: StandIns) -> Callable[[Stand], Held]:
    return lambda stand: stand_ins.holdings()[stand.force, stand.route]


def eventually(holds: Callable[[], bool], patience: float = 10) -> bool:
    """Whether something that another process does comes true in time."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
