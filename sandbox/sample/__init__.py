"""Made-up submissions on real incidents, with planted faults: `build` writes them and says what must become of each."""

from sandbox.sample.build import build
from sandbox.sample.expected import Expected, Fate

__all__ = ["Expected", "Fate", "build"]
