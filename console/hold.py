"""`soh-hub hold`: legal holds, under which nothing of a submission is erased."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import NOW, AsJson, answer, fail, operator
from console.views import opened
from hub.reasons import HoldReason, LiftReason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.ledger.changes import Author
    from hub.ledger.choosing import Chosen
    from hub.ledger.ledger import Ledger
    from hub.ledger.operating import Done

hold = typer.Typer(no_args_is_help=True, help="Legal holds: nothing of a submission is erased until it is lifted.")
Names = Annotated[list[str], typer.Argument(metavar="REPORT...", help="Submission ids, references, or arrivals: '#17'.")]


@hold.command()
def place(names: Names, reason: Annotated[HoldReason, typer.Option(help="Why.")], as_json: AsJson = False) -> None:
    """Keep everything of these submissions, whatever the retention rules or an erasure say."""
    from hub.ledger.legal_holds import place as act

    _do(names, "place hold", reason, act, "under a legal hold", as_json=as_json)


@hold.command()
def lift(names: Names, reason: Annotated[LiftReason, typer.Option(help="Why.")], as_json: AsJson = False) -> None:
    """Let these submissions be erased again when their time is up."""
    from hub.ledger.legal_holds import lift as act

    _do(names, "lift hold", reason, act, "under no hold any more", as_json=as_json)


@hold.command("list")
def show(as_json: AsJson = False) -> None:
    """List every legal hold, the oldest first."""
    from hub.ledger.legal_holds import legally_held

    with opened() as ledger:
        found = legally_held(ledger)
    if as_json:
        answer({"holds": [asdict(one) for one in found]})
        return
    for one in found:
        name = one.submission_id or one.reference or f"#{one.submission}"
        typer.echo(f"{name} ({one.force}): since {one.since:%Y-%m-%d}, {one.reason}, by {one.actor}")
    typer.echo(f"{len(found):,} submissions are under a legal hold.")


def _do(
    names: list[str],
    action: str,
    reason: str,
    act: "Callable[[Ledger, Sequence[Chosen], Author], Done]",
    word: str,
    *,
    as_json: bool,
) -> None:
    from hub.ledger.changes import Author
    from hub.ledger.choosing import Wanted, choose
    from hub.words import Purpose, State

    with opened() as ledger:
        chosen = choose(ledger, Wanted(tuple(names)), set(State), (Purpose.PRIMARY,))
        if not chosen:
            fail(f"The ledger has no submission {', '.join(names)}.")
        done = act(ledger, chosen, Author(action, NOW.now(), operator(), reason))
    if as_json:
        answer({"changed": done.changed, "refused": [asdict(one) for one in done.refused]})
    else:
        typer.echo(f"{done.changed:,} {word}.")
        for one in done.refused:
            typer.echo(f"{one.name}: {one.why}", err=True)
    if done.refused:
        raise typer.Exit(1)
