"""`soh-hub force preview`: what a report becomes."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.force.chosen import RouteName, Slug, opened, route_of
from console.options import NOW, AsJson, At, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.mapping.record import Signal
    from hub.reports.model import Report
    from hub.workbench.opened import OpenRoute
    from hub.workbench.preview import Preview

LARGEST = 16 << 20  # bytes: more is no submission


def preview(
    force: Slug,
    report: Annotated[
        str, typer.Argument(metavar="REPORT.json", help="A submission, or a report of a golden pair; `-` reads it from stdin.")
    ],
    route: RouteName = None,
    payload: Annotated[bool, typer.Option("--payload", help="Write what would be sent to standard output, and nothing else.")] = False,
    at: At = NOW,
    as_json: AsJson = False,
) -> None:
    """Show what a report becomes for a force: every target with its value, the field that it came from and the line that decides.

    Exit code 1 where it would go to quarantine.
    """
    from hub.mapping.run import Unmappable
    from hub.workbench.preview import preview as map_

    chosen, day = route_of(opened(Settings.read(), force), route, at.today()), at.today()
    read, signals = _read(_bytes(report))
    try:
        found = map_(chosen, read, day)
    except Unmappable as fault:
        fail(f"This report would go to quarantine: {fault}. `soh-hub force explain {force} {fault.path}` says which line asks for it.")
    if payload:
        _write_payload(chosen, found)
    elif as_json:
        answer(_object(chosen, found, signals, day))
    else:
        _show(chosen, found, signals)


def _bytes(name: str) -> bytes:
    try:
        body = sys.stdin.buffer.read(LARGEST + 1) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        fail(f"{name} cannot be read: {error.strerror}.")
    if len(body) > LARGEST:
        fail(f"{name} has more than {LARGEST:,} bytes: it is no submission.")
    return body


def _read(body: bytes) -> "tuple[Report, tuple[Signal, ...]]":
    """A submission through the hub's own reader, or a canonical report as it is."""
    from pydantic import ValidationError

    from hub.reports.reader import Unreadable, read
    from hub.reports.validator import report_of_json

    try:
        found = read(body)
    except Unreadable as fault:
        try:
            return report_of_json(body), ()
        except ValidationError:
            fail(f"This submission would go to quarantine, unreadable: {fault}. docs/submissions.md says what the platform sends.")
    return found.report, found.signals


def _write_payload(chosen: "OpenRoute", found: "Preview") -> None:
    from console.force.encoding import format_of
    from hub.contracts import Misconfigured, Unencodable
    from hub.workbench.specimens import DROP

    try:
        for payload in format_of(chosen.route).encode([found.record], DROP):
            sys.stdout.buffer.write(payload.body)
        sys.stdout.buffer.flush()
    except Unencodable as fault:
        fail("The schema would not have it:\n" + "\n".join(f"  {code} at {where}" for _, code, where in fault.faults))
    except Misconfigured as wrong:
        fail(str(wrong))


def _object(chosen: "OpenRoute", found: "Preview", read: "tuple[Signal, ...]", day: date) -> dict[str, object]:
    rows = [
        {
            "at": row.at,
            "target": row.target,
            "value": row.value,
            "from": list(row.origins),
            "rule": row.says,
            "file": row.line.file if row.line else None,
            "line": row.line.number if row.line else None,
            "also": list(row.also),
        }
        for row in found.rows
    ]
    signals = [{"kind": signal.kind, "field": signal.field} for signal in (*read, *found.signals)]
    return {"force": chosen.route.force, "route": chosen.route.name, "map": found.map, "day": day, "values": rows, "signals": signals}


def _show(chosen: "OpenRoute", found: "Preview", read: "tuple[Signal, ...]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from hub.workbench.preview import text_of

    route, told = chosen.route, {signal.field for signal in found.signals}
    title = f"{route.force} · {route.name} · {route.profile} · {found.map}"
    table = Table(title=title, header_style="bold", show_lines=False)
    for name in ("target", "value", "from", "rule", "decided in"):
        table.add_column(name, overflow="fold")
    for row in found.rows:
        value = Text(_short(text_of(row.value)), style="yellow" if row.target in told else "")
        table.add_row(Text(row.at), value, Text(", ".join(row.origins)), Text("\n".join((row.says, *row.also))), str(row.line or ""))
    console = Console()
    console.print(table)
    for signal in (*read, *found.signals):
        console.print(f"[yellow]signal[/yellow] {signal.kind} at {signal.field}", highlight=False)


def _short(text: str) -> str:
    """A long text by its beginning: --json has it whole."""
    line = text.replace("\r", "␍").replace("\n", "␊")
    return line if len(line) <= 200 else f"{line[:200]}… ({len(line):,} characters)"
