"""How an account is shown: a table for people, one object for machines."""

from typing import Any

from rich.console import Console
from rich.table import Table

from hub.ledger.account import Account
from hub.words import State

SHOWN = (
    State.ACCEPTED,
    State.DELIVERED,
    State.SEALED,
    State.WAITING,
    State.IN_DOUBT,
    State.HELD,
    State.QUARANTINED,
    State.DUPLICATE,
    State.REROUTED,
    State.REDIRECTED,
    State.WITHDRAWN,
)


def as_object(account: Account) -> dict[str, Any]:
    """`balanced`, `picked_up`, `totals` by outcome, `forces`, `copies`, `codes`, and where it does not balance `differences`."""
    return {
        "balanced": account.balanced,
        "picked_up": account.total,
        "totals": {str(state): n for state, n in account.totals().items()},
        "forces": {force: {str(state): n for state, n in account.of_force(force).items()} for force in account.forces()},
        "copies": _copies(account),
        "codes": _codes(account),
        "differences": [
            {
                "force": d.cell.force,
                "service": d.cell.service,
                "day": d.cell.day.isoformat(),
                "state": d.state,
                "by_states": d.by_states,
                "by_history": d.by_history,
            }
            for d in account.differences
        ],
    }


def _copies(account: Account) -> dict[str, dict[str, dict[str, int]]]:
    """By force, route of the copy, and outcome."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (force, route, state), n in sorted(account.copies.items()):
        found.setdefault(force, {}).setdefault(route, {})[str(state)] = n
    return found


def _codes(account: Account) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (_, state, code), n in sorted(account.codes.items()):
        of_state = found.setdefault(str(state), {})
        of_state[code] = of_state.get(code, 0) + n
    return found


def show(account: Account, console: Console) -> None:
    """The account as a table: a row for each force, the states that occur, the totals."""
    totals = account.totals()
    states = [state for state in SHOWN if totals.get(state)]
    table = Table(title="Reconciliation", show_footer=True, header_style="bold")
    table.add_column("force", footer="all")
    table.add_column("picked up", justify="right", footer=f"{account.total:,}")
    for state in states:
        table.add_column(state, justify="right", footer=f"{totals[state]:,}")
    for force in account.forces():
        counted = account.of_force(force)
        table.add_row(force, f"{sum(counted.values()):,}", *(f"{counted[state]:,}" if counted.get(state) else "" for state in states))
    console.print(table)
    for force, routes in _copies(account).items():
        for route, counts in routes.items():
            console.print(f"Copies to {force} {route}: {', '.join(f'{n:,} {state}' for state, n in counts.items())}.")
    console.print("[green]The account balances.[/green]" if account.balanced else "[red]The account does NOT balance:[/red]")
    for d in account.differences:
        where = f"{d.cell.force} {d.cell.service} {d.cell.day}"
        console.print(f"  {where}: {d.state} is {d.by_states:,} by the states and {d.by_history:,} by the history")
