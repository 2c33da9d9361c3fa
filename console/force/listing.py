"""`soh-hub force list`: the forces on file."""

import typer

from console.onfile import registry_of
from console.options import NOW, AsJson, At, answer
from hub.settings import Settings


def list_forces(at: At = NOW, as_json: AsJson = False) -> None:
    """List every force: its records system, how it is reached today, and what is wrong with its file. Exit code 1 where one is broken."""
    registry, day = registry_of(Settings.read()), at.today()
    rows = []
    for slug, one in sorted(registry.forces.items()):
        route = one.primary_on(day)
        rows.append(
            {
                "force": slug,
                "name": one.name,
                "pnc_code": one.pnc_code,
                "profile": route.profile if route else None,
                "format": route.format["name"] if route else None,
                "transport": route.transport["name"] if route else None,
                "instance": route.endpoint.instance if route else None,
                "environment": route.endpoint.environment if route else None,
                "live": one.not_live("crime", day) is None,
            }
        )
    if as_json:
        answer({"forces": rows, "broken": {slug: [str(fault) for fault in faults] for slug, faults in registry.broken.items()}})
    else:
        _show(rows, {slug: [str(fault) for fault in faults] for slug, faults in registry.broken.items()})
    if registry.broken:
        raise typer.Exit(1)


def _show(rows: list[dict[str, object]], broken: dict[str, list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{len(rows)} forces", header_style="bold")
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(
            *("" if value is None else "yes" if value is True else "no" if value is False else str(value) for value in row.values())
        )
    console.print(table)
    for slug, faults in broken.items():
        console.print(f"[red]{slug} is broken; its reports are held:[/red]")
        for fault in faults:
            console.print(f"  {fault}", highlight=False)
