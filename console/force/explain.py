"""`soh-hub force explain`: which line of which file decides."""

from typing import TYPE_CHECKING, Annotated

import typer

from console.force.chosen import Slug, opened
from console.options import AsJson, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.workbench.explain import Decision


def explain(
    force: Slug,
    field: Annotated[str, typer.Argument(metavar="FIELD", help="A field or part of the report, or a target path of the force's.")],
    as_json: AsJson = False,
) -> None:
    """Say which line of which file decides what becomes of a field of the report, or what fills a target."""
    from hub.workbench.explain import UnknownField
    from hub.workbench.explain import explain as decide

    try:
        decisions = decide(opened(Settings.read(), force), field)
    except UnknownField as unknown:
        fail(str(unknown))
    if as_json:
        answer({"force": force, "field": field, "decisions": [_object(one) for one in decisions]})
    else:
        _show(decisions)


def _object(one: "Decision") -> dict[str, object]:
    return {
        "route": one.route,
        "map": one.map,
        "field": one.field,
        "target": one.target,
        "says": one.says,
        "file": one.line.file if one.line else None,
        "line": one.line.number if one.line else None,
    }


def _show(decisions: "list[Decision]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("route", "map", "field", "target", "says", "decided in"):
        table.add_column(name, overflow="fold")
    for one in decisions:
        where = Text(str(one.line or "—"), style="bold" if one.line and one.line.of_force else "")
        table.add_row(one.route, one.map, *(Text(text or "—") for text in (one.field, one.target, one.says)), where)
    Console().print(table)
