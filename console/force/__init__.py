"""`soh-hub force`: an integration engineer's bench. One module for each command."""

import typer

from console.force.check import check
from console.force.coverage import coverage
from console.force.diff import diff
from console.force.explain import explain
from console.force.golden import golden
from console.force.listing import list_forces
from console.force.new import new
from console.force.preview import preview
from console.force.schema import schema

force = typer.Typer(no_args_is_help=True, help="The forces on file: add one, try it, and see what its mapping does.")

force.command("list", epilog="Example: soh-hub force list --json")(list_forces)
force.command("new", epilog="Example: soh-hub force new --slug testshire --profile niche-style --pnc-code 99")(new)
force.command("check", epilog="Example: soh-hub force check kent --endpoints test.yaml --certificate kent.html")(check)
force.command("preview", epilog="Example: soh-hub force preview kent submission.json")(preview)
force.command("explain", epilog="Examples: soh-hub force explain kent people.safe_contact; soh-hub force explain kent persons/SURNAME")(
    explain
)
force.command("coverage", epilog="Examples: soh-hub force coverage kent; soh-hub force coverage --all --csv > coverage.csv")(coverage)
force.command("diff", epilog="Example: soh-hub force diff kent --against main --days 7")(diff)
force.command("golden", epilog="Examples: soh-hub force golden niche-style; soh-hub force golden niche-style --write")(golden)
force.command("schema", epilog="Example: soh-hub force schema --write docs/schemas")(schema)


@force.callback()
def _group() -> None:
    """The forces on file: add one, try it, and see what its mapping does."""
