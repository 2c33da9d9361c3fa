"""How the account's lines are shown and exported: one row for each force, service and day."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.account import SHOWN
from console.options import fail
from hub.ledger.daily import Line, Times

if TYPE_CHECKING:
    from rich.console import Console

_TIMES = ("p50", "p95", "longest")  # seconds since the report was submitted


def as_objects(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Each line as one flat object: counts by state, codes and kinds by name, times in seconds or null."""
    return [_row(line) for line in lines]


def _row(line: Line) -> dict[str, Any]:
    row: dict[str, Any] = {"force": line.cell.force, "service": line.cell.service, "day": line.cell.day, "picked_up": line.picked_up}
    row |= {_column(state): line.states.get(state, 0) for state in SHOWN}
    row |= {"rejected": line.rejected, "quarantined_by_code": dict(line.quarantined)}
    row |= _seconds("delivery", line.delivered) | _seconds("acceptance", line.accepted)
    return row | {"retried": line.retried, "fell_back": line.fell_back, "inexact": dict(line.inexact)}


def _column(state: str) -> str:
    return state.replace(" ", "_").replace("-", "_")


def _seconds(to: str, times: Times | None) -> dict[str, float | None]:
    return {f"seconds_to_{to}_{name}": getattr(times, name) if times else None for name in _TIMES}


def export(lines: Sequence[Line], to_csv: Path | None, to_parquet: Path | None) -> None:
    """Write the lines to the files that are named, each whole or not at all. Ends with exit code 1 where one cannot be written."""
    for path, write in ((to_csv, _write_csv), (to_parquet, _write_parquet)):
        if path:
            part = path.with_name(f".{path.name}.part")
            try:
                write(part, lines)
                part.replace(path)
            except OSError as error:
                fail(f"{path} cannot be written: {error.strerror or error}. Name a file in a folder that is there, and yours.")


def _write_csv(path: Path, lines: Sequence[Line]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, _schema().names)
        out.writeheader()
        for row in as_objects(lines):
            out.writerow({name: _in_a_cell(value) if isinstance(value, dict) else value for name, value in row.items()})


def _in_a_cell(counts: Mapping[str, int]) -> str:
    """`missing-offence=3 rejected=1`."""
    return " ".join(f"{name}={n}" for name, n in counts.items())


def _write_parquet(path: Path, lines: Sequence[Line]) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(as_objects(lines), _schema()), path)


def _schema() -> Any:
    """Every column with its type, in order: the same also where there is no line."""
    import pyarrow as pa

    counts = pa.map_(pa.string(), pa.int64())
    states = [(_column(state), pa.int64()) for state in SHOWN]
    times = [(f"seconds_to_{to}_{name}", pa.float64()) for to in ("delivery", "acceptance") for name in _TIMES]
    head = [("force", pa.string()), ("service", pa.string()), ("day", pa.date32()), ("picked_up", pa.int64())]
    rest = [("rejected", pa.int64()), ("quarantined_by_code", counts), *times, ("retried", pa.int64()), ("fell_back", pa.int64())]
    return pa.schema([*head, *states, *rest, ("inexact", counts)])


def show(lines: Sequence[Line], console: "Console", *, each: bool) -> None:
    """What took longest, what was retried and fell back; with `each` a row for each line."""
    from rich.table import Table

    slow = max((line for line in lines if line.delivered), key=lambda line: line.delivered.p95 if line.delivered else 0, default=None)
    if slow:
        where = f"{slow.cell.force} {slow.cell.service} {slow.cell.day}"
        console.print(f"Slowest to be delivered: {where}, {_told(slow.delivered)}.", highlight=False)
    retried, fell = sum(line.retried for line in lines), sum(line.fell_back for line in lines)
    console.print(f"{retried:,} reports were in a drop that was tried again; {fell:,} went by a fallback route.", highlight=False)
    if not each:
        return
    table = Table(title="By service and day", header_style="bold")
    for column in ("force", "service", "day", "picked up", "accepted", "rejected", "quarantined", "to delivery", "to acceptance"):
        table.add_column(column, overflow="fold")
    for line in lines:
        told = (_told(line.delivered), _told(line.accepted))
        counts = (line.picked_up, line.states.get(SHOWN[0], 0), line.rejected)
        table.add_row(line.cell.force, line.cell.service, str(line.cell.day), *map(str, counts), _in_a_cell(line.quarantined), *told)
    console.print(table)


def _told(times: Times | None) -> str:
    """`half within 3 min, 95 % within 12 min, all within 40 min`."""
    if times is None:
        return ""
    return f"half within {_minutes(times.p50)}, 95 % within {_minutes(times.p95)}, all within {_minutes(times.longest)}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min"
