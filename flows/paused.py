"""Paused forces: whose deployment an operator has paused. The dispatcher leaves them alone; their reports wait."""

import time
from contextlib import suppress

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.exceptions import ObjectNotFound

PER_FORCE = "per-force"  # the tag of the deployments that are for one force each
_OLD = 5.0  # seconds
_MOST = 200  # in one answer: the API's own limit


class NotDeployed(Exception):
    """Prefect has no deployment for this force."""


class Paused:
    """The paused forces, asked for every few seconds. While Prefect cannot be asked, the last answer stands."""

    def __init__(self) -> None:
        self._forces: frozenset[str] = frozenset()
        self._asked = -float("inf")

    async def forces(self) -> frozenset[str]:
        """Slugs of the forces that are to be left alone now."""
        if time.monotonic() - self._asked >= _OLD:
            with suppress(Exception):  # whatever Prefect's client meets: a pass meets it too, and says so
                self._forces = await paused_forces()
            self._asked = time.monotonic()
        return self._forces


async def paused_forces() -> frozenset[str]:
    """The forces whose deployment is paused, as Prefect has it now."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[PER_FORCE]))
    found: set[str] = set()
    async with get_client() as client:
        offset = 0
        while page := await client.read_deployments(deployment_filter=ours, limit=_MOST, offset=offset):
            found |= {deployment.name for deployment in page if deployment.paused}
            offset += len(page)
            if len(page) < _MOST:
                break
    return frozenset(found)


async def switch(force: str, *, paused: bool) -> None:
    """Pause a force, or have it carried again. Raises NotDeployed."""
    async with get_client() as client:
        try:
            deployment = await client.read_deployment_by_name(f"carry/{force}")
        except ObjectNotFound:
            raise NotDeployed(f"Prefect has no deployment carry/{force}. Is that the force's name? If so: prefect deploy --all") from None
        await (client.pause_deployment if paused else client.resume_deployment)(deployment.id)
