"""`soh-hub status`: where each force's reports stand, on one screen, once or again and again."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer
from console.views import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.console import Console, RenderableType

    from hub.ledger.alarms import Alarm
    from hub.ledger.circuits import Circuit
    from hub.ledger.leases import Holder
    from hub.ledger.ledger import Ledger
    from hub.ledger.standing import Standing

WIDE = 110  # columns from which every heading is written out


@dataclass(frozen=True)
class Picture:
    """What the ledger says now. `circuits` has, by force, the code of what opened the circuit of an endpoint that its drops wait for."""

    stands: "Sequence[Standing]"
    alarms: "Sequence[Alarm]"
    trouble: "Mapping[str, str]"
    circuits: "Mapping[str, str]"
    open_: "Sequence[Circuit]"
    endpoints: "Sequence[str]"  # that are paused


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.5, help="Seconds between two looks, with --watch.")] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Say where each force's reports stand, what is held or quarantined, when it last received a drop, and whether its far end is well."""
    from rich.console import Console

    with opened() as ledger:
        if as_json:
            answer(_as_object(_look(ledger)))
        elif watch:
            _watch(ledger, Console(), every)
        else:
            console = Console()
            console.print(_screen(_look(ledger), console.width))


def _watch(ledger: "Ledger", console: "Console", every: float) -> None:
    from rich.live import Live

    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        try:
            while True:
                live.update(_screen(_look(ledger), console.width), refresh=True)
                time.sleep(every)
        except KeyboardInterrupt:
            return


def _look(ledger: "Ledger") -> Picture:
    from hub.ledger import alarms
    from hub.ledger.circuits import lanes_with_work, open_circuits
    from hub.ledger.holds import paused, paused_endpoints
    from hub.ledger.leases import holders
    from hub.ledger.restoring import Uncompared
    from hub.ledger.standing import standing

    found, sending, stopped, restored = standing(ledger), holders(ledger), paused(ledger), Uncompared.of(ledger).forces
    open_ = open_circuits(ledger)
    at_work = ((one.force, (one.instance, one.environment)) for one in lanes_with_work(ledger))
    waits = {force: open_[endpoint].code for force, endpoint in at_work if endpoint in open_}
    trouble = {
        one.force: _trouble(one, sending.get(one.force, ()), is_paused=one.force in stopped, is_restored=one.force in restored)
        for one in found
    }
    names = sorted("/".join(name) for name in paused_endpoints(ledger))
    return Picture(found, alarms.standing(ledger), trouble, waits, tuple(open_.values()), names)


def _trouble(one: "Standing", sending: "Sequence[Holder]", *, is_paused: bool, is_restored: bool) -> str:
    """What keeps a force's reports: the last error, a pause, a back-up that it was restored from; and who is at its lanes just now."""
    at_it = sorted({f"with {holder}" for holder in sending})
    copies = f"{one.copies_quarantined:,} copies in quarantine" if one.copies_quarantined else ""
    return ", ".join(filter(None, (one.error, "paused" if is_paused else "", "compare first" if is_restored else "", copies, *at_it)))


def _as_object(picture: Picture) -> dict[str, object]:
    from console.alarms import as_objects

    forces = {
        one.force: {
            "states": {str(state): n for state, n in one.states.items()},
            "oldest": one.oldest,
            "sealed_drops": one.sealed_drops,
            "last_delivery": one.last_delivery,
            "error": one.error,
            "copies_quarantined": one.copies_quarantined,
            "circuit": picture.circuits.get(one.force),
            "trouble": picture.trouble[one.force],
        }
        for one in picture.stands
    }
    return {"forces": forces, "paused_endpoints": list(picture.endpoints), "alarms": as_objects(picture.alarms)}


def _screen(picture: Picture, width: int) -> "RenderableType":
    """The forces that anything is open for first, those with a trouble before them; and the alarms below."""
    from rich.console import Group

    from console.alarms import table_of

    parts: list[RenderableType] = [_summary(picture), _forces(picture, wide=width >= WIDE)]
    for circuit in picture.open_:
        which = f"{circuit.instance}/{circuit.environment} ({circuit.code})"
        parts.append(f"Circuit open since {circuit.opened_at:%Y-%m-%d %H:%M} UTC: {which}, probed {circuit.probes:,} times.")
    if picture.endpoints:
        parts.append(f"Paused endpoints: {', '.join(picture.endpoints)}.")
    return Group(*parts, table_of(picture.alarms, wide=width >= WIDE))


def _summary(picture: Picture) -> str:
    from hub.words import State

    def sum_of(*states: State) -> int:
        return sum(one.states.get(state, 0) for one in picture.stands for state in states)

    told = (
        (sum_of(State.WAITING), "waiting"),
        (sum_of(State.SEALED), "on their way"),
        (sum_of(State.HELD), "held"),
        (sum_of(State.QUARANTINED), "in quarantine"),
        (sum_of(State.IN_DOUBT), "in doubt"),
        (sum_of(State.DELIVERED), "not acknowledged"),
        (sum_of(State.ACCEPTED), "accepted"),
    )
    return ", ".join(f"{number:,} {what}" for number, what in told if number) or "The ledger has no reports."


def _forces(picture: Picture, *, wide: bool) -> "RenderableType":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from hub.words import State

    columns = (
        ("waiting", State.WAITING),
        ("on way", State.SEALED),
        ("held", State.HELD),
        ("doubt", State.IN_DOUBT),
        ("quarant.", State.QUARANTINED),
        ("unackn.", State.DELIVERED),
    )
    shown = [(name, state) for name, state in columns if any(one.states.get(state) for one in picture.stands)]
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("force", no_wrap=True)
    for name, _ in shown:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last delivery (UTC)" if wide else "delivered", no_wrap=True)
    table.add_column("far end, trouble", overflow="fold")
    for one in picture.stands:
        counts = (f"{one.states[state]:,}" if one.states.get(state) else "" for _, state in shown)
        table.add_row(one.force, *counts, _time(one.last_delivery, wide=wide), _wrong(picture, one.force))
    return table


def _wrong(picture: Picture, force: str) -> str:
    """`circuit open: timeout, paused`"""
    circuit, trouble = picture.circuits.get(force), picture.trouble[force]
    if circuit is None:
        return trouble
    rest = "" if trouble == circuit else trouble.removeprefix(f"{circuit}, ")
    return ", ".join(filter(None, (f"circuit open: {circuit}", rest)))


def _time(at: "datetime | None", *, wide: bool) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}" if wide else f"{at:%d %b %H:%M}"
