"""Progress bars for long work, on standard error, and only for a person who watches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Watched:
    """Bars by name. Safe in any thread."""

    def __init__(self, progress: Progress, totals: Mapping[str, int | None]) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {name: progress.add_task(name, total=total, start=False) for name, total in totals.items()}

    def advance(self, name: str, done: int, total: int | None = None) -> None:
        """So many more are done."""
        bar = self._bars.get(name)
        if bar is not None:
            self._progress.start_task(bar)
            self._progress.update(bar, advance=done, total=total)

    def reached(self, name: str, done: int) -> None:
        """So many are done in all."""
        bar = self._bars[name]
        self._progress.start_task(bar)
        self._progress.update(bar, completed=done)


@contextmanager
def watching(totals: Mapping[str, int | None]) -> Iterator[Watched]:
    """Bars while the block runs; `totals` names them, in order."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Watched(progress, totals)
