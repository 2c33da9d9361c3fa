"""`soh-hub force diff`: what a changed mapping would change, before it goes live."""

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.force.chosen import RouteName, Slug, force_of, opened_in, route_of
from console.options import NOW, AsJson, At, answer, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.forces.force import Route
    from hub.reports.model import Report
    from hub.workbench.difference import Difference


def diff(
    force: Slug,
    against: Annotated[str, typer.Option("--against", metavar="REV", help="The git revision that has the mapping of before.")],
    days: Annotated[int, typer.Option(min=1, help="How many days of reports from the ledger.")] = 7,
    at_most: Annotated[int, typer.Option(min=1, help="At most so many reports, the newest.")] = 5_000,
    sample: Annotated[bool, typer.Option("--sample", help="Made-up reports of every service in place of the ledger's.")] = False,
    values: Annotated[bool, typer.Option("--values", help="Show values too: those of the ledger are personal data.")] = False,
    route: RouteName = None,
    at: At = NOW,
    as_json: AsJson = False,
) -> None:
    """Render a force's reports by the mappings of a git revision and by those in the working tree, and say what differs.

    Counts alone, target by target; the ledger is only read. Exit code 0 whether or not something differs.
    """
    from hub.workbench.difference import difference, settings_changed

    settings, day = Settings.read(), at.today()
    with tempfile.TemporaryDirectory(prefix="soh-hub-diff-") as folder:
        then = _at_revision(settings.mappings, against, Path(folder))
        if not (then / "forces" / f"{force}.yaml").is_file():
            fail(f"{against} has no file of the force '{force}': it is new since, or another is meant.")
        before = _route(then, force, route, day)
        after = _route(settings.mappings, force, route, day)
        reports = _made_up() if sample else _kept(force, day - timedelta(days=days - 1), at_most)
        found = difference(before, after, reports, day)
        changed = settings_changed(before, after)
    if as_json:
        answer(_object(found, changed, values))
    else:
        _show(found, changed, values, f"{force}: {against} against the working tree")


def _at_revision(mappings: Path, revision: str, folder: Path) -> Path:
    """The mappings folder as a revision has it, written below `folder`."""
    import io
    import tarfile

    top = Path(_git(mappings, "rev-parse", "--show-toplevel").decode().strip())
    inside = mappings.resolve().relative_to(top.resolve()).as_posix()
    commit = _git(mappings, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    archive = _git(top, "archive", "--format=tar", commit, "--", inside)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in filter(tarfile.TarInfo.isfile, tar):  # regular files alone: a link in a revision leads nowhere here
            target = (folder / member.name).resolve()
            if content := tar.extractfile(member) if target.is_relative_to(folder.resolve()) else None:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())
    return folder / inside


def _git(folder: Path, *words: str) -> bytes:
    """What git says. Ends with exit code 1 where there is no git, no repository, or no such revision."""
    import subprocess

    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)  # noqa: S603, S607 - git, on our own folder
    except FileNotFoundError:
        fail("git is not installed: the mappings of a revision cannot be had.")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        fail(f"git has no such revision of {folder}{f': {said[-1]}' if said else ''}; `git log -- {folder}` lists them.")
    return done.stdout


def _route(mappings: Path, force: str, name: str | None, day: date) -> "Route":
    from dataclasses import replace

    settings = replace(Settings.read(), mappings=mappings, endpoints=None)
    return route_of(opened_in(mappings, force_of(settings, force)), name, day).route


def _made_up() -> "Iterator[Report]":
    from hub.workbench.specimens import specimens

    return (specimen.report for specimen in specimens())


def _kept(force: str, since: date, limit: int) -> "Iterator[Report]":
    """The ledger's reports; what cannot be read is in quarantine by either mapping."""
    from hub.ledger.rereading import bodies_of
    from hub.reports.reader import Unreadable, read

    with opened() as ledger:
        for body in bodies_of(ledger, force, since, limit):
            try:
                yield read(body).report
            except Unreadable:
                continue


def _object(found: "Difference", changed: dict[str, tuple[str, str]], values: bool) -> dict[str, object]:
    targets = []
    for (target, kind), count in sorted(found.counts.items()):
        shown = [{"before": one.before, "after": one.after} for one in found.examples[target, kind]] if values else None
        targets.append({"target": target, "kind": kind, "reports": count, **({"examples": shown} if shown is not None else {})})
    signals = [
        {"signal": kind, "target": target, "more": more, "reports": count} for (kind, target, more), count in sorted(found.signals.items())
    ]
    settings = {name: {"before": was, "after": is_} for name, (was, is_) in changed.items()}
    return {"reports": found.reports, "touched": found.touched, "targets": targets, "signals": signals, "settings": settings}


def _show(found: "Difference", changed: dict[str, tuple[str, str]], values: bool, title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(f"[bold]{title}[/bold]: {found.touched:,} of {found.reports:,} reports differ", highlight=False)
    if found.counts:
        table = Table(header_style="bold")
        for name in ("target", "what", "reports", *(("before", "after") if values else ())):
            table.add_column(name, overflow="fold", justify="right" if name == "reports" else "left")
        for (target, kind), count in sorted(found.counts.items()):
            first = found.examples[target, kind][0]
            table.add_row(Text(target), kind, f"{count:,}", *((Text(first.before[:300]), Text(first.after[:300])) if values else ()))
        console.print(table)
    for (kind, target, more), count in sorted(found.signals.items()):
        console.print(f"signal {kind} at {target}: {'new' if more > 0 else 'gone'} in {count:,} reports", highlight=False)
    for name, (was, is_) in changed.items():
        console.print(Text(f"{name}: {was} → {is_}"))
    if not found.reports:
        console.print("The ledger has no reports of this force in these days: --sample makes some up.")
