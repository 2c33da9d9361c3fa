"""Which adapters are loaded before they are wanted: those of the forces, and no others."""

import subprocess
import sys

from adapters.needed import modules_of
from hub.forces.registry import Registry
from hub.settings import PROJECT

MAPPINGS = PROJECT / "mappings"
_LOADED = """
import sys
from pathlib import Path
from adapters.needed import load_adapters
from hub.forces.registry import Registry

registry = Registry.load(Path(sys.argv[1]))
print("adapters.transports.sftp.transport" in sys.modules)
load_adapters(registry)
print("adapters.transports.sftp.transport" in sys.modules)
"""


def test_what_the_forces_need_is_named_once() -> None:
    found = modules_of(Registry.load(MAPPINGS))
    assert {"adapters.formats.csv", "adapters.formats.xml", "adapters.transports.rest.transport", "adapters.transports.sftp.transport"} <= {
        *found
    }
    assert found == sorted(set(found))


def test_it_is_loaded() -> None:
    command = [sys.executable, "-c", _LOADED, str(MAPPINGS)]
    assert subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split() == ["False", "True"]
