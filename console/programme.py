"""`soh-hub programme`: what the programme reports of itself."""

from typing import TYPE_CHECKING

from console.onfile import registry_of
from console.options import NOW, AsJson, At, answer, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.steps.programme import Programme


def programme(at: At = NOW, as_json: AsJson = False) -> None:
    """Say which forces and services are live and planned, what each month brought, and what share was delivered automatically."""
    from hub.ledger.errors import LedgerUnavailable
    from hub.steps.programme import programme as find

    settings = Settings.read()
    registry = registry_of(settings)
    with opened() as ledger:
        try:
            found = find(ledger, registry, at.today(), settings.rekeying_minutes)
        except LedgerUnavailable as error:
            fail(str(error))
    if as_json:
        answer(as_object(found))
    else:
        _show(found)


def as_object(found: "Programme") -> dict[str, object]:
    """The figures for machines; the assumption stands beside what is made of it."""
    live = [{"force": one.force, "service": one.service, "from": one.day, "assumed": one.assumed} for one in (*found.live, *found.planned)]
    months = [
        {"month": month, "service": service, "due": one.due, "delivered": one.delivered, "automatic": one.automatic}
        | {"by_hand": one.by_hand, "emailed": one.emailed}
        for (month, service), one in found.months.items()
    ]
    shares = {"automatic_share": found.automatic, "minutes_saved": found.saved, "assumed_minutes_a_report": found.minutes}
    return {"day": found.today, "forces": found.forces, "forces_live": found.forces_live, "live": live, "months": months} | shares


def _show(found: "Programme") -> None:
    from rich.console import Console
    from rich.table import Table

    console, total = Console(), found.total
    table = Table("month", "service", title=f"{found.forces_live} of {found.forces} forces are live on {found.today}")
    for name in ("due", "delivered", "automatically", "by hand", "by email"):
        table.add_column(name, justify="right")
    for (month, service), one in found.months.items():
        table.add_row(month, service, *(f"{n:,}" for n in (one.due, one.delivered, one.automatic, one.by_hand, one.emailed)))
    console.print(table)
    if found.automatic is not None:
        console.print(f"{found.automatic:.1%} of {total.due:,} reports were delivered automatically.", highlight=False)
    console.print(f"{found.saved:,.0f} minutes of keying in saved, at {found.minutes:g} a report (HUB_REKEYING_MINUTES, an assumption).")
    for planned in found.planned:
        console.print(f"{planned.day}: {planned.force} takes {planned.service}{' (assumed)' if planned.assumed else ''}.", highlight=False)
