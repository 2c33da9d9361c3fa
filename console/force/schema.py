"""`soh-hub force schema`: JSON Schemas for the files under `mappings/`, for editors."""

from pathlib import Path
from typing import Annotated

import typer

from console.options import answer, fail


def schema(
    write: Annotated[Path | None, typer.Option("--write", metavar="DIR", help="Write them all into this folder.")] = None,
    of: Annotated[str, typer.Argument(metavar="[FILE]", help="Which one to print: force, profile or endpoints.")] = "force",
) -> None:
    """Print the JSON Schema of a force's, a profile's or the endpoints file, or write all three: docs/editors.md says how to use them."""
    from console.force.schemas import SCHEMAS, schema_of, written

    if of not in SCHEMAS:
        fail(f"There is no schema '{of}': it is one of {', '.join(SCHEMAS)}.")
    if write is None:
        answer(schema_of(of))
        return
    try:
        write.mkdir(parents=True, exist_ok=True)
        for name in SCHEMAS:
            (write / f"{name}.schema.json").write_bytes(written(name))
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}.")
    typer.echo(f"{len(SCHEMAS)} schemas in {write}")
