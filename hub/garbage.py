"""How a process collects garbage. Nearly all that it makes lives as long as the process does, or as the batch that it works on.

As Python comes, looking through that again and again, and once more at the end, takes a third of the time of a start.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MADE = 20_000  # objects between two looks at the newest: Python's own 700 are made by one import


def collect_seldom() -> None:
    """For each process of the hub, as early as it can: look after many objects instead of few, and at its end not at all."""
    gc.set_threshold(_MADE, 10, 10)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def pass_over() -> None:
    """What is here now is never looked at again: for a process that has loaded what it needs, before its work begins."""
    gc.freeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """In here nothing is looked for: for work whose objects all go when it is done, and form no circles. For other threads it holds, too.

    A batch of reports is some 300,000 objects. Each of them would be looked at two or three times meanwhile, and none found to be garbage.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
