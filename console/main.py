"""The command line: `soh-hub`.

Each command is a function in a module of its own subject beside this one, added below. `soh-hub --help` answers within half a
second because those modules import, at their top, only the standard library, typer, `console` and `hub.settings`; whatever else
a command needs it imports in its body. A test holds them to it.
"""

from typing import Annotated

import typer

from console.alarms import alarms
from console.audit import audit
from console.backup import backup, restore
from console.demo import demo
from console.deployments import deployments
from console.dispatch import dispatch
from console.force import force
from console.hold import hold
from console.keys import keys
from console.metrics import metrics
from console.operate import amend, quarantine, redirect, release, replay, reroute, settle, void, withdraw
from console.pages import pages
from console.pause import pause, probe, resume
from console.programme import programme
from console.reconcile import reconcile
from console.retention import retention
from console.run import run
from console.sample import sample
from console.sandbox import fault, sandbox
from console.serve import serve
from console.server import server
from console.status import status
from console.subject import subject
from console.up import up
from console.views import trace
from hub.garbage import collect_seldom

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"soh-hub {version('soh-hub')}")
        raise typer.Exit


@app.callback()
def soh_hub(
    _version: Annotated[bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)] = False,
) -> None:
    """Carry the public's online reports into each police force's records system, and account for every one."""
    collect_seldom()


for command in (up, demo, run, dispatch, pause, resume, probe, status, reconcile, pages, trace, backup, restore):
    app.command()(command)
for trial in (sample, sandbox, fault, server):
    app.command()(trial)
for shown in (serve, programme, metrics):
    app.command()(shown)
for action in (release, reroute, redirect, withdraw, settle, amend, void, replay):
    app.command()(action)
app.add_typer(quarantine, name="quarantine")
app.add_typer(force, name="force")
app.add_typer(audit, name="audit")
app.add_typer(alarms, name="alarms")
app.add_typer(keys, name="keys")
app.add_typer(retention, name="retention")
app.add_typer(hold, name="hold")
app.add_typer(subject, name="subject")
app.add_typer(deployments, name="deployments")


if __name__ == "__main__":
    app()
