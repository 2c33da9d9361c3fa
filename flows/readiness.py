"""Is everything there that a hub needs before it is begun? Each fault says what is wrong, where, and what to do."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.server import HOST
from flows.wiring import Hub, open_hub, transport_to
from hub.clock import Clock
from hub.contracts import Misconfigured, SourceUnavailable
from hub.documents import InvalidDocument
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.restoring import restored_routes
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it should be. `stops` where the hub cannot be begun so; else it concerns some forces alone."""

    text: str
    stops: bool = True


def faults(settings: Settings, intake: Path, ports: dict[str, int]) -> list[Fault]:
    """Everything that is wrong with the set-up; the ledger is made or brought up to date on the way."""
    found = [*_home(settings.home), *_intake(intake), *(fault for name, port in ports.items() for fault in _port(name, port))]
    try:
        hub = open_hub(settings, Clock())
    except (InvalidDocument, LedgerUnavailable, Misconfigured) as error:
        return [*found, Fault(str(error))]
    try:
        return [*found, *_source(hub, intake), *_forces(hub), *_restored(hub)]
    finally:
        hub.close()


def _home(home: Path) -> Iterator[Fault]:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        yield Fault(f"HUB_HOME {home} cannot be made ({error.strerror}): make it, and let the hub's user write to it.")
        return
    if not os.access(home, os.W_OK | os.X_OK):
        yield Fault(f"HUB_HOME {home} cannot be written: let the hub's user write to it.")


def _intake(intake: Path) -> Iterator[Fault]:
    if intake.suffix in (".yaml", ".yml"):
        if not intake.is_file():
            yield Fault(f"The intake {intake} is not there: write the YAML file of a source, or name another (HUB_INTAKE).")
    elif not intake.is_dir():
        yield Fault(f"The intake {intake} is not there: make the folder, or name another (HUB_INTAKE).")
    elif not os.access(intake, os.R_OK | os.W_OK | os.X_OK):
        yield Fault(f"The intake {intake} is not ours: let the hub's user read and delete what the platform writes there.")


def _port(name: str, port: int) -> Iterator[Fault]:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        yield Fault(f"Port {port} on {HOST}, for {name}, cannot be used ({why}): end who uses it, or choose another.")


def _source(hub: Hub, intake: Path) -> Iterator[Fault]:
    try:
        hub.source_of(intake).close()
    except (Misconfigured, SourceUnavailable) as error:
        yield Fault(f"The intake {intake}: {error}")
    try:
        hub.platform()
    except Misconfigured as error:
        yield Fault(f"HUB_OUTCOMES {hub.settings.outcomes}: {error}")


def _forces(hub: Hub) -> Iterator[Fault]:
    """What keeps one force keeps no other."""
    for slug, broken in hub.registry.broken.items():
        yield Fault(f"{slug} cannot be delivered to until its file is right: {'; '.join(map(str, broken))}", stops=False)
    for force in hub.registry.forces.values():
        for route in force.routes_on(hub.clock.today()):
            try:
                transport_to(route).close()
            except Misconfigured as error:
                yield Fault(f"{route.force} {route.name} cannot be delivered to: {error}", stops=False)


def _restored(hub: Hub) -> Iterator[Fault]:
    closed = sum(one.compared_at is None for one in restored_routes(hub.ledger))
    if closed:
        yield Fault(f"The ledger was restored: {closed} routes send nothing until `soh-hub restore compare`.", stops=False)
