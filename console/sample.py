"""`soh-hub sample`: made-up submissions on real incidents."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from console.onfile import registry_of
from console.options import NOW, AsJson, At, answer, fail
from hub.settings import Settings


def sample(
    reports: Annotated[int, typer.Option(min=1, help="How many submissions, planted faults among them.")],
    out: Annotated[Path, typer.Option(help="Where to: OUT/intake is made, and OUT/expected.json.")],
    at: At = NOW,
    seed: Annotated[int, typer.Option(help="The same seed, time and forces make the same bytes.")] = 1,
    incidents: Annotated[Path | None, typer.Option(help="Gzipped rows of data.police.uk; default the project's extract.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make up submissions on real incidents, with faults in known numbers, and say what must become of each."""
    from console.progress import watching
    from sandbox.sample import build

    registry = registry_of(replace(Settings.read(), endpoints=None))
    try:
        with watching({"sample": reports}) as progress:
            written = build(reports, out, seed, at.now(), incidents, registry, progress=lambda n: progress.reached("sample", n))
    except (FileExistsError, ValueError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    if as_json:
        answer({"reports": written.reports, "totals": written.totals, "planted": dict(written.planted), "out": str(out)})
        return
    typer.echo(f"{written.reports:,} submissions in {out / 'intake'}; what must become of each stands in {out / 'expected.json'}.")
