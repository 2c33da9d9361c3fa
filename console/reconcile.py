"""`soh-hub reconcile`: the account, what does not agree, each far end against the ledger, and exports."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.onfile import hold_to_forces, registry_of
from console.options import NOW, AsJson, At, Forces, answer
from console.views import opened
from hub.clock import Clock
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.discrepancies import Discrepancy
    from hub.forces.registry import Registry
    from hub.ledger.account import Account
    from hub.ledger.alarms import Alarm
    from hub.ledger.daily import Line
    from hub.ledger.exactness import Inexact
    from hub.steps.far_ends import Compared

_TO: dict[str, Any] = {"dir_okay": False}


def reconcile(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only this day of first pick-up, in Europe/London.")] = None,
    force: Forces = None,
    far_ends: Annotated[bool, typer.Option("--far-ends", help="Ask each far end what it holds of what was delivered, and more.")] = False,
    csv: Annotated[Path | None, typer.Option(**_TO, help="Write each force, service and day to this file.")] = None,
    parquet: Annotated[Path | None, typer.Option(**_TO, help="The same as Parquet.")] = None,
    at: At = NOW,
    as_json: AsJson = False,
) -> None:
    """Draw up the account and name what does not agree. Exit code 0 only when it balances and nothing contradicts it.

    A silent feed is named, and is no contradiction: the alarm tells of it. `--force` narrows the lines, what does not agree and
    the far ends; the account is always of all.
    """
    from console import days

    settings, only = Settings.read(), set(force or ())
    hold_to_forces(settings, only)
    found = _found(registry_of(settings), at, day.date() if day else None, only, ask=far_ends)
    days.export(found.lines, csv, parquet)
    if as_json:
        answer(_as_object(found))
    else:
        _show(found, each=bool(day or only))
    if not found.agrees:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Found:
    """Everything that a reconciliation says. `compared` is None where no far end was asked."""

    account: "Account"
    lines: "Sequence[Line]"
    wrong: "Sequence[Discrepancy]"
    compared: "Sequence[Compared] | None"
    inexact: "Sequence[Inexact]"
    alarms: "Sequence[Alarm]"

    @property
    def agrees(self) -> bool:
        from hub.discrepancies import Kind

        wrong = any(one.kind is not Kind.SILENT for one in self.wrong)
        return self.account.balanced and not wrong and all(one.agrees for one in self.compared or ())


def _found(registry: "Registry", clock: Clock, day: date | None, only: Collection[str], *, ask: bool) -> _Found:
    from flows.comparing import compare_all
    from hub.ledger.account import account
    from hub.ledger.alarms import standing
    from hub.ledger.exactness import inexact
    from hub.steps.reconcile import daily, discrepancies

    with opened() as ledger:
        whole = account(ledger, day)
        lines = [line for line in daily(ledger, registry, whole, day) if not only or line.cell.force in only]
        wrong = [one for one in discrepancies(ledger, registry, clock, day) if not only or one.force in only]
        compared = list(compare_all(ledger, registry, only or None, day)) if ask else None
        wrong += [one for each in compared or () for one in each.discrepancies]
        return _Found(whole, lines, wrong, compared, inexact(ledger, day), standing(ledger))


def _as_object(found: _Found) -> dict[str, object]:
    from console import account, alarms, comparisons, days, exactness

    told = {"inexact": exactness.as_object(found.inexact), "alarms": alarms.as_objects(found.alarms)}
    more = {"days": days.as_objects(found.lines), "discrepancies": comparisons.as_objects(found.wrong)}
    return account.as_object(found.account) | told | more | comparisons.ends_as_object(found.compared)


def _show(found: _Found, *, each: bool) -> None:
    from rich.console import Console

    from console import account, alarms, comparisons, days, exactness

    console = Console()
    account.show(found.account, console)
    days.show(found.lines, console, each=each)
    exactness.show(found.inexact, console)
    comparisons.show(found.wrong, found.compared, console)
    alarms.show(found.alarms, console)
