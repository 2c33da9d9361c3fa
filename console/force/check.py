"""`soh-hub force check`: everything that must be right before a force's first report leaves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.force.chosen import Slug
from console.options import NOW, AsJson, At, answer, fail
from hub.clock import Clock
from hub.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from hub.workbench.certificate import Certificate, Check


def check(
    force: Slug,
    endpoints: Annotated[
        Path | None, typer.Option("--endpoints", help="A file that names the force's test endpoints; default HUB_ENDPOINTS.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Leave the endpoint out: the certificate is then not complete.")] = False,
    certificate: Annotated[
        list[Path] | None, typer.Option("--certificate", metavar="FILE", help="Write the certificate here: .md or .html; may be repeated.")
    ] = None,
    at: At = NOW,
    as_json: AsJson = False,
) -> None:
    """Check a force: its file, its mapping, its schema, its code lists, and a harmless probe of its test endpoint, never of its live one.

    Exit code 1 where something failed.
    """
    from rich.console import Console

    from hub.workbench.certificate import as_object

    _hold_to_kinds(certificate or ())
    settings = Settings.read()
    console = Console(quiet=as_json)
    found = _examined(settings, force, endpoints or settings.endpoints, offline, at, console)
    for path in certificate or ():
        _write(path, found)
    if as_json:
        answer(as_object(found))
    else:
        _conclude(found, console, certificate or ())
    if found.verdict == "not ready":
        raise typer.Exit(1)


def _hold_to_kinds(paths: "list[Path] | tuple[()]") -> None:
    for path in paths:
        if path.suffix not in (".md", ".html"):
            fail(f"{path}: a certificate is a .md or an .html file.")


def _examined(settings: Settings, force: str, endpoints: Path | None, offline: bool, at: Clock, console: "Console") -> "Certificate":
    from console.force.examination import Examination

    examination = Examination(settings, force, endpoints.absolute() if endpoints else None, offline, at.now())
    console.print(f"[bold]{force}[/bold]", highlight=False)
    for check in examination.checks():
        _show(check, console)
    return examination.certificate()


_STYLES = {"passed": "green", "noted": "yellow", "failed": "red", "left out": "dim"}


def _show(check: "Check", console: "Console") -> None:
    from rich.text import Text

    from hub.workbench.certificate import mark

    line = Text.assemble(
        (f" {mark(check.result)} ", _STYLES[check.result]), (check.name, "bold"), f"  {check.about} ", (f"{check.seconds:.2f} s", "dim")
    )
    console.print(line)
    for said in check.said:
        console.print(Text(f"     {said}"), soft_wrap=True)


def _write(path: Path, found: "Certificate") -> None:
    from hub.workbench.certificate import as_html, as_markdown

    try:
        path.write_text((as_html if path.suffix == ".html" else as_markdown)(found), encoding="utf-8")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")


def _conclude(found: "Certificate", console: "Console", written: "list[Path] | tuple[()]") -> None:
    colour = {"ready": "green", "not ready": "red"}.get(found.verdict, "yellow")
    console.print(f"[bold {colour}]{found.verdict.capitalize()}[/bold {colour}]")
    for path in written:
        console.print(f"certificate: {path}", highlight=False, soft_wrap=True)
