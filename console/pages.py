"""`soh-hub pages`: a day or a month as pages for a browser or a printer."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import ages_of, registry_of
from console.options import NOW, At, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.pages.period import Period
    from hub.steps.worklist import Advice

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], show_default="today", help="This day, in Europe/London.")]
Month = Annotated[datetime | None, typer.Option(formats=["%Y-%m"], help="The days of this month.")]


def pages(
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pages go; made where it is missing.")],
    day: Day = None,
    month: Month = None,
    at: At = NOW,
) -> None:
    """Write the page of a day (or a month, or both), and one of each force that may be sent to that force."""
    from hub.ledger.errors import LedgerUnavailable
    from hub.pages.facts import gather
    from hub.pages.page import write

    settings = Settings.read()
    registry, advice, ages = registry_of(settings), advice_of(settings), ages_of(settings)
    with opened() as ledger:
        try:
            for period in _periods(day, month, at):
                first, *others = write(gather(ledger, registry, period, at, ages), advice, to)
                typer.echo(f"{first}, and {len(others)} pages of forces in {first.with_suffix('')}")
        except LedgerUnavailable as error:
            fail(str(error))
        except OSError as error:
            fail(f"{to}: the pages cannot be written ({error.strerror}): make room, or name another folder with --to.")


def advice_of(settings: Settings) -> "Advice":
    """Cause and what to do of every code. Ends with exit code 1 and every fault where the suites cannot be read."""
    from hub.documents import InvalidDocument
    from hub.quality.folder import read_suites
    from hub.steps.worklist import advice

    try:
        return advice(read_suites(settings.expectations))
    except InvalidDocument as error:
        fail(str(error))


def _periods(day: datetime | None, month: datetime | None, clock: "Clock") -> "list[Period]":
    from hub.pages.period import Period

    found = [Period.month(month.year, month.month)] if month else []
    return found if month and not day else [Period.day(day.date() if day else clock.today()), *found]
