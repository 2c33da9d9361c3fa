"""How long the bytes of a report are kept, by service and by what became of it: `mappings/retention.yaml`.

Only an end has a time: what is quarantined, held, in doubt, waiting or sealed is kept however old it is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from hub.documents import Closed, load
from hub.reports.services import SERVICES
from hub.words import UNKNOWN, State

ENDS = (State.ACCEPTED, State.DELIVERED, State.REROUTED, State.REDIRECTED, State.WITHDRAWN)
FILE = "retention.yaml"


def _is_service(text: str) -> str:
    if text not in SERVICES and text != UNKNOWN:
        raise ValueError(f"there is no service '{text}' (known: {', '.join(sorted(SERVICES))}, {UNKNOWN})")
    return text


Days = Annotated[int, Field(ge=1, le=36_500)]
ServiceName = Annotated[str, AfterValidator(_is_service)]


class Ends(Closed):
    """Days after a report came to its end. What is left out is as for every service."""

    accepted: Days | None = None
    delivered: Days | None = None
    re_routed: Annotated[Days | None, Field(alias="re-routed")] = None
    redirected: Days | None = None
    withdrawn: Days | None = None

    def of(self, state: State) -> int | None:
        found: int | None = getattr(self, state.replace("-", "_"))
        return found


class EveryEnd(Closed):
    """The same for every service: each end has its time."""

    accepted: Days
    delivered: Days
    re_routed: Annotated[Days, Field(alias="re-routed")]
    redirected: Days
    withdrawn: Days

    def of(self, state: State) -> int:
        found: int = getattr(self, state.replace("-", "_"))
        return found


class RetentionFile(Closed):
    """What `mappings/retention.yaml` says: days until the bytes of a report are erased, and those of notices that were told."""

    days: EveryEnd
    notices: Days
    services: Mapping[ServiceName, Ends] = Field(default_factory=dict)

    def of(self, service: str, state: State) -> int:
        """Days after a report of this service came to this end."""
        own = self.services.get(service)
        return (own.of(state) if own else None) or self.days.of(state)


def read_retention(mappings: Path) -> RetentionFile | None:
    """The file of a mappings folder; None where there is none: then nothing is ever erased. Raises InvalidDocument."""
    path = mappings / FILE
    return load(path, RetentionFile) if path.exists() else None
