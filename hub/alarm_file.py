"""The file of the alarms: how long a report may wait for a person."""

from pathlib import Path

from hub.documents import Closed, load
from hub.gravity import Ages, Limits


class AlarmFile(Closed):
    """What `HUB_ALARMS` may say; what it leaves out is as shipped."""

    quarantine: Limits = Limits()

    @property
    def ages(self) -> Ages:
        """How long a report may wait in quarantine, by its gravity."""
        return self.quarantine.ages()


def read_alarm_file(path: Path | None) -> AlarmFile:
    """The file, or what holds without one. Raises InvalidDocument."""
    return load(path, AlarmFile) if path else AlarmFile()
