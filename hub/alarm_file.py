"""The file of the alarms: how long a report may wait for a person, and who is told."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, RootModel, field_validator

from hub.alarms import AlarmKind, RunKind
from hub.documents import Closed, did_you_mean, load
from hub.forces.files import duration
from hub.gravity import Ages, Limits
from hub.mapping.rules import Flag

KINDS = (*AlarmKind, *RunKind)


class Send(RootModel[dict[str, Any]]):
    """Whom to tell: `name` is the messenger, `kinds` are the alarms that it is told of (default all); the rest is the messenger's own."""

    @field_validator("root")
    @classmethod
    def _names_kinds(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "name" not in value:
            raise ValueError("name: say which messenger: email, webhook, slack or teams")
        kinds = value.get("kinds", [])
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in map(str, KINDS):
                raise ValueError(f"kinds: there is no alarm '{kind}'; {did_you_mean(str(kind), map(str, KINDS)) or ', '.join(KINDS)}")
        return value

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the messenger is made from."""
        return {key: value for key, value in self.root.items() if key != "kinds"}

    def wants(self, kind: AlarmKind | RunKind) -> bool:
        """Whether it is told of this kind."""
        kinds = self.root.get("kinds")
        return kinds is None or kind in kinds


class AlarmFile(Closed):
    """What `HUB_ALARMS` may say; what it leaves out is as shipped."""

    quarantine: Limits = Limits()
    late_after: Annotated[timedelta, BeforeValidator(duration)] = timedelta(minutes=30)  # without a pass: one is made every 15 minutes
    tell_when_over: Flag = False
    send: tuple[Send, ...] = ()

    @property
    def ages(self) -> Ages:
        """How long a report may wait in quarantine, by its gravity."""
        return self.quarantine.ages()


def read_alarm_file(path: Path | None) -> AlarmFile:
    """The file, or what holds without one. Raises InvalidDocument."""
    return load(path, AlarmFile) if path else AlarmFile()
