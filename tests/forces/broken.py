"""`python -m tests.forces.broken` writes the messages of the broken force files anew, to be reviewed as a change like any other."""

import shutil
import tempfile
from pathlib import Path

from hub.forces.registry import Registry
from tests.forces.conftest import DATA


def said_of(path: Path, mappings: Path) -> str:
    """What an engineer is told of a broken file, as Testshire's in a folder of mappings."""
    shutil.copy(path, mappings / "forces" / "testshire.yaml")
    return "".join(f"{fault}\n" for fault in Registry.load(mappings).broken["testshire"])


def write_messages(folder: Path) -> None:
    """Write the `.txt` beside every `.yaml`."""
    with tempfile.TemporaryDirectory() as scratch:
        mappings = Path(shutil.copytree(DATA / "mappings", Path(scratch) / "mappings"))
        for path in sorted(folder.glob("*.yaml")):
            path.with_suffix(".txt").write_text(said_of(path, mappings), encoding="utf-8")


if __name__ == "__main__":
    write_messages(DATA / "broken")
