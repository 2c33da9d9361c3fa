"""`prefect.yaml`, made from the force files: the dispatcher, the operator's actions, and for each force one to run and back-fill by hand.

Nothing in it belongs to one machine: flows are named by module, and without pull steps a worker runs them as they are installed there.
"""

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml

from hub.documents import load
from hub.forces.files import ForceFile

POOL = "hub"
PER_FORCE = "per-force"  # the tag of the deployments that are for one force each
OPERATOR = "operator"  # the tag of those that an operator runs from a form
ACTIONS = {  # flows of `flows.operate`, in the order of the command line
    "release": "Lets reports in quarantine go on: they are checked and mapped anew.",
    "reroute": "Passes reports that have not left on to another force.",
    "redirect": "Says that reports are no matter for a force but a third party's; the platform is told.",
    "withdraw": "Takes back reports that have not left, for good.",
    "settle": "Says what became of reports in doubt: they arrived, did not arrive, or were refused.",
    "void": "Takes a sealed drop back: its reports go anew, in another.",
    "replay": "Has some days of a force go with today's mapping.",
    "replay_drop": "Has the reports of one drop go with today's mapping.",
    "take": "Says who works on reports in quarantine.",
    "pause": "Sends a force nothing until it is resumed.",
    "resume": "Lets a paused force go on.",
    "pause_endpoint": "Sends a far end nothing until it is resumed, whichever forces share it.",
    "resume_endpoint": "Lets a paused far end go on.",
    "probe": "Tries a far end whose circuit is open now, before its next probe is due.",
}
BACK_WITHIN = 300  # seconds: how often a dispatcher is begun, unless one acts; each that is not needed is a cancelled run to see

_HEADER = """\
# Made from the force files by `soh-hub deployments write`; a test holds the two together. docs/operate.md says how to deploy it.
# A force that is not here yet is carried all the same: the dispatcher reads the force files, not this.
"""


def render(mappings: Path) -> str:
    """The text of `prefect.yaml` for the forces of a mappings folder. Raises InvalidDocument where a force's file is broken."""
    forces = [load(path, ForceFile) for path in sorted((mappings / "forces").glob("*.yaml"))]
    pool = {"name": POOL}
    actions = [_of_action(name, pool) for name in ACTIONS]
    document = {
        "name": "soh-hub",
        "definitions": {"pool": pool},
        "pull": [],
        "deployments": [_dispatcher(pool), _retention(pool), *actions, *(_of_force(force, pool) for force in forces)],
    }
    return _HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)


def differences(written: str, mappings: Path) -> Sequence[str]:
    """What is other in a `prefect.yaml` than the force files would have it, as lines of a diff; none where they agree."""
    return list(unified_diff(written.splitlines(), render(mappings).splitlines(), "prefect.yaml", "the force files", lineterm="", n=1))


def _dispatcher(pool: dict[str, str]) -> dict[str, Any]:
    return {
        "name": "dispatcher",
        "entrypoint": "flows.dispatch.dispatch",
        "description": "Keeps every force's schedule and the urgent lane. One at a time; begun anew when it has ended.",
        "tags": ["dispatcher"],
        "schedules": [{"interval": BACK_WITHIN}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "CANCEL_NEW"},
        "work_pool": pool,
    }


def _retention(pool: dict[str, str]) -> dict[str, Any]:
    return {
        "name": "retention",
        "entrypoint": "flows.retention.retention",
        "description": "Erases the bytes of reports whose time is up, by mappings/retention.yaml; their history and counts stay.",
        "tags": ["retention"],
        "schedules": [{"cron": "30 3 * * *", "timezone": "Europe/London"}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "CANCEL_NEW"},
        "work_pool": pool,
    }


def _of_action(name: str, pool: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name.replace("_", "-"),
        "entrypoint": f"flows.operate.{name}",
        "description": ACTIONS[name],
        "tags": [OPERATOR],
        "work_pool": pool,
    }


def _of_force(force: ForceFile, pool: dict[str, str]) -> dict[str, Any]:
    system = force.records_system
    return {
        "name": force.force,
        "entrypoint": "flows.carry.carry",
        "description": f"{force.name}, {system.style}. To run and back-fill by hand.",
        "tags": [PER_FORCE, f"force:{force.force}"],
        "parameters": {"forces": [force.force]},
        "work_pool": pool,
    }


class _Dumper(yaml.SafeDumper):
    """What is said once and meant often is an anchor with a name."""

    def generate_anchor(self, node: yaml.Node) -> str:  # noqa: ARG002 - PyYAML's signature
        return "pool"
