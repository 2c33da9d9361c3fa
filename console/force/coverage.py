"""`soh-hub force coverage`: which fields of a report reach which force."""

import csv
import sys
from collections.abc import Mapping, Sequence, Sized
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from console.force.chosen import force_of, opened_in, route_of
from console.onfile import registry_of
from console.options import NOW, AsJson, At, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from hub.forces.force import Force
    from hub.forces.profiles import Profile
    from hub.workbench.coverage import Cell
    from hub.workbench.opened import OpenRoute
    from hub.workbench.safeguarding import Gap

_SIGNS = {"mapped": "■", "lossy": "~", "chooses": "?", "ignored": "·", "structural": " "}
_STYLES = {"mapped": "green", "lossy": "yellow", "chooses": "cyan", "ignored": "dim", "structural": "dim"}


def coverage(
    force: Annotated[str | None, typer.Argument(metavar="[FORCE]", help="The force, as its file is named.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every force on file.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A row for each field of each field map, a column for each force.")] = False,
    at: At = NOW,
    as_json: AsJson = False,
) -> None:
    """Show for every field of a report whether it reaches a force on its primary route: mapped, lossy or ignored.

    Fields of safeguarding that do not reach one are named.
    """
    if bool(force) == everyone:
        fail("Name one force, or give --all.")
    settings, day = Settings.read(), at.today()
    chosen = sorted(registry_of(settings).forces.values(), key=lambda one: one.slug) if everyone else [force_of(settings, str(force))]
    profiles: dict[str, Profile] = {}
    routes = {
        one.slug: route_of(opened_in(settings.mappings, one, profiles), None, day) for one in chosen if not everyone or one.primary_on(day)
    }
    cells = {slug: _cells(each, day) for slug, each in routes.items()}
    gaps = {one.slug: _gaps(one, routes[one.slug], day) for one in chosen if one.slug in routes}
    if as_json:
        answer(_object(cells, gaps))
    elif as_csv:
        _write(cells)
    else:
        _show(cells, gaps)


def _cells(opened: "OpenRoute", day: date) -> "list[Cell]":
    from hub.workbench.coverage import coverage as of

    return of(opened, day)


def _gaps(force: "Force", opened: "OpenRoute", day: date) -> "list[Gap]":
    from hub.reports.services import SERVICES
    from hub.workbench.safeguarding import gaps

    live = (service for service in SERVICES if force.not_live(service, day) is None)
    return [gap for service in live for gap in gaps(opened.route, service, day)]


def _object(cells: "Mapping[str, Sequence[Cell]]", gaps: "Mapping[str, Sequence[Gap]]") -> dict[str, object]:
    return {
        "forces": {
            slug: [{"map": c.map, "field": c.field, "reach": c.reach, "targets": list(c.targets), "why": c.why} for c in some]
            for slug, some in cells.items()
        },
        "unreached": {
            slug: [{"service": gap.service, "field": gap.field, "grave": gap.grave} for gap in some] for slug, some in gaps.items() if some
        },
    }


def _matrix(cells: "Mapping[str, Sequence[Cell]]") -> dict[tuple[str, str], dict[str, str]]:
    """By field map and field, how far it gets to each force."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for slug, some in cells.items():
        for cell in some:
            found.setdefault((cell.map, cell.field), {})[slug] = cell.reach
    return found


def _write(cells: "Mapping[str, Sequence[Cell]]") -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["map", "field", *cells])
    for (name, field), reached in _matrix(cells).items():
        writer.writerow([name, field, *(reached.get(slug, "") for slug in cells)])


def _show(cells: "Mapping[str, Sequence[Cell]]", gaps: "Mapping[str, Sequence[Gap]]") -> None:
    from rich.console import Console

    console = Console()
    if len(cells) == 1:
        _show_one(*next(iter(cells.items())), console)
    else:
        _show_all(cells, console)
    console.print("  ".join(f"{sign} {reach}" for reach, sign in _SIGNS.items() if sign.strip()), highlight=False)
    for slug, some in gaps.items():
        for field in dict.fromkeys(gap.field for gap in some):
            of = [gap for gap in some if gap.field == field]
            colour = "red" if of[0].grave else "yellow"
            services = ", ".join(gap.service for gap in of)
            console.print(f"[{colour}]{slug}: {field} does not reach the force with {services}[/{colour}]", highlight=False)
    if not any(gaps.values()):
        console.print("[green]Every field of safeguarding reaches every force with every live service.[/green]")


def _show_one(slug: str, cells: "Sequence[Cell]", console: "Console") -> None:
    """A row for each field, a sign for each field map."""
    from rich.table import Table
    from rich.text import Text

    maps = list(dict.fromkeys(cell.map for cell in cells))
    table = Table(title=f"What reaches {slug}", header_style="bold")
    for name in ("field", *maps, "targets", "why"):
        table.add_column(name, overflow="fold")
    by_field: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        by_field.setdefault(cell.field, {})[cell.map] = cell
    for field, found in by_field.items():
        signs = (Text(_SIGNS[found[name].reach], style=_STYLES[found[name].reach]) for name in maps)
        targets = dict.fromkeys(target for cell in found.values() for target in cell.targets)
        why = dict.fromkeys(cell.why for cell in found.values() if cell.why)
        table.add_row(field, *signs, Text(", ".join(targets)), Text("; ".join(why), style="dim"))
    console.print(table)


def _show_all(cells: "Mapping[str, Sequence[Cell]]", console: "Console") -> None:
    """A character for each force: those whose columns are the same share one. Narrow enough for a screen of eighty characters."""
    from rich.text import Text

    matrix = _matrix(cells)
    alike: dict[tuple[str, ...], list[str]] = {}
    for slug in cells:
        alike.setdefault(tuple(reached.get(slug, "") for reached in matrix.values()), []).append(slug)
    named = max(len(field) for _, field in matrix)
    kind = max(len(name) for name, _ in matrix)
    console.print(f"What reaches {len(cells)} forces", style="bold", highlight=False)
    for digits in ("".join(str(n // 10) if n >= 10 else " " for n in _numbers(alike)), "".join(str(n % 10) for n in _numbers(alike))):
        console.print(f"{'':{named}}  {'':{kind}}  {digits}", style="bold", highlight=False, soft_wrap=True)
    for row, (name, field) in enumerate(matrix):
        signs = ((_SIGNS.get(column[row], " "), _STYLES.get(column[row], "")) for column in alike)
        console.print(Text.assemble(f"{field:{named}}  ", (f"{name:{kind}}  ", "dim"), *signs), soft_wrap=True)
    for number, slugs in enumerate(alike.values(), 1):
        console.print(f"{number:2}  {', '.join(slugs)}", highlight=False)


def _numbers(columns: "Sized") -> range:
    return range(1, len(columns) + 1)
