"""`soh-hub keys`: the keys that encrypt what the hub keeps, which they are and how they are exchanged."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from console.views import opened

if TYPE_CHECKING:
    from hub.ledger.rotation import KeyStanding, Rotated

keys = typer.Typer(no_args_is_help=True, help="The keys that encrypt what the hub keeps.")


@keys.command()
def status(as_json: AsJson = False) -> None:
    """Show every data key: whose and of which month, which master key wraps it, and how many rows are sealed with it."""
    from hub.ledger.rotation import standing_keys

    with opened() as ledger:
        found, plain = standing_keys(ledger)
        newest = ledger.vault.masters.newest
    if as_json:
        answer({"newest": newest.name if newest else None, "plain_rows": plain, "keys": [asdict(one) for one in found]})
        return
    _show(found)
    typer.echo(f"Newest master key: {newest.name if newest else 'none, this is a demo'}. Rows that are not encrypted: {plain:,}.")


@keys.command()
def rotate(
    data: Annotated[bool, typer.Option("--data", help="Begin new data keys too, and seal everything anew with them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Wrap the data keys with the newest master key, and encrypt what is not yet: while workers run, and ended at any moment it goes on."""
    from hub.ledger.discarding import delete_discarded
    from hub.ledger.errors import LedgerUnavailable
    from hub.ledger.rotation import rotate as exchange

    with opened() as ledger:
        if ledger.vault.masters.newest is None:
            fail("HUB_KEYS names no key: write a reference to one there, and the word `unencrypted` behind it until this has been run.")
        try:
            done = exchange(ledger, data=data)
            delete_discarded(ledger)
        except LedgerUnavailable as error:
            fail(str(error))
    if as_json:
        answer(asdict(done))
    else:
        _say(done)
    if done.spoilt:
        raise typer.Exit(1)


def _show(found: "list[KeyStanding]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Force", "Month", "Number", "Master key", "Rows", "")
    for one in found:
        retired = "retired" if one.retired_at else ""
        table.add_row(one.force, one.period, str(one.generation), one.master, f"{one.rows:,}", retired)
    if found:
        Console().print(table)


def _say(done: "Rotated") -> None:
    typer.echo(f"Data keys: {done.wrapped:,} wrapped anew, {done.begun:,} retired, {done.destroyed:,} destroyed.")
    typer.echo(f"Rows: {done.sealed:,} sealed anew.")
    if done.left:
        typer.echo(f"{done.left:,} rows were sealed with retired keys meanwhile: the next rotation takes them.")
    for kind, count in Counter(place.partition(" ")[0] for place in done.spoilt).items():
        named = _named(done.spoilt, kind)
        typer.echo(f"{count:,} rows ({kind}) could not be opened, or their bytes are gone; they were left as they are: {named}.", err=True)


def _named(spoilt: list[str], kind: str) -> str:
    mine = [place.partition(" ")[2] for place in spoilt if place.startswith(f"{kind} ")]
    return ", ".join(mine[:10]) + (" …" if len(mine) > 10 else "")
