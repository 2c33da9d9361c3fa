"""What a command reads of the forces on file, or why it cannot."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from console.options import fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.forces.registry import Registry
    from hub.gravity import Ages


def registry_of(settings: Settings) -> "Registry":
    """The forces on file, broken ones apart. Ends with exit code 1 and every fault where there are none, or nobody knows where they are."""
    from hub.documents import InvalidDocument
    from hub.forces.registry import Registry

    try:
        return Registry.load(settings.mappings, settings.endpoints)
    except InvalidDocument as error:
        fail(str(error))


def ages_of(settings: Settings) -> "Ages":
    """How long a report may wait in quarantine. Ends with exit code 1 and every fault where the alarm file cannot be read."""
    from hub.alarm_file import read_alarm_file
    from hub.documents import InvalidDocument

    try:
        return read_alarm_file(settings.alarms).ages
    except InvalidDocument as error:
        fail(str(error))


def hold_to_forces(settings: Settings, named: Iterable[str]) -> None:
    """Ends with exit code 1 where a force that somebody named is not on file."""
    from hub.documents import did_you_mean

    registry = registry_of(settings)
    known = {*registry.forces, *registry.broken}
    for force in named:
        if force not in known:
            fail(f"There is no force '{force}' on file; {did_you_mean(force, known) or '`soh-hub force list` names them all.'}")


def hold_to_intake(intake: Path) -> None:
    """Refuses an intake that is neither a folder nor the YAML file of a source."""
    if not (intake.is_dir() or (intake.suffix in (".yaml", ".yml") and intake.is_file())):
        fail(f"The intake {intake} is not there: make the folder, or the YAML file of a source, or name another (--intake, HUB_INTAKE).")


def hold_to_keys(settings: Settings) -> None:
    """HUB_KEYS must be set before anything is started. Ends with exit code 1 where it is not."""
    if settings.keys.strip():
        return
    from adapters.keys import master_keys
    from hub.contracts import Misconfigured

    try:
        master_keys(settings.keys)
    except Misconfigured as error:
        fail(str(error))
