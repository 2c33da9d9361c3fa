"""How what was not carried over exactly is shown: a table for people, an object for machines."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from hub.ledger.exactness import Inexact

MOST = 3  # forces that are named


def as_object(found: Iterable[Inexact]) -> dict[str, dict[str, dict[str, int]]]:
    """By force and kind: how many `values`, in how many `reports`."""
    told: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for one in found:
        told[one.force][one.kind] = {"values": one.values, "reports": one.reports}
    return dict(told)


def show(found: Iterable[Inexact], console: Console) -> None:
    """A row for each kind, with the forces that it comes from most."""
    kinds: dict[str, list[Inexact]] = defaultdict(list)
    for one in found:
        kinds[one.kind].append(one)
    if not kinds:
        return
    table = Table(title="Not carried over exactly", header_style="bold")
    for name, options in _COLUMNS.items():
        table.add_column(name, **options)
    for kind, some in sorted(kinds.items()):
        most = sorted(some, key=lambda one: (-one.values, one.force))[:MOST]
        named = ", ".join(f"{one.force} {one.values:,}" for one in most)
        table.add_row(kind, f"{sum(one.values for one in some):,}", f"{sum(one.reports for one in some):,}", f"{len(some)}", named)
    console.print(table)


_COLUMNS: dict[str, dict[str, Any]] = {
    "what": {},
    "values": {"justify": "right"},
    "reports": {"justify": "right"},
    "forces": {"justify": "right"},
    "most": {"overflow": "fold"},
}
