"""What the environment says: where the hub keeps its things, and where its data lies. Read once, at the edge, and passed on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hub.steps.retry import Retry

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Settings:
    """The hub's settings, one environment variable each. Relative paths are taken from the working directory."""

    home: Path  # HUB_HOME: the ledger, Prefect's database, logs; default `.hub` in the working directory
    ledger_url: str  # HUB_LEDGER_URL: an SQLAlchemy URL; default an SQLite file under `home`
    store: str  # HUB_STORE: where large bodies and attachments lie, a folder or an fsspec URL; default a folder under `home`
    mappings: Path  # HUB_MAPPINGS: forces and profiles; default the project's own
    expectations: Path  # HUB_EXPECTATIONS: the suites of checks; default the project's own
    endpoints: Path | None  # HUB_ENDPOINTS: hosts, ports and credentials by endpoint, laid over the force files
    intake: Path  # HUB_INTAKE: the folder that the platform writes submissions to; default `intake` under `home`
    outcomes: (
        Path | None
    )  # HUB_OUTCOMES: a folder for the platform to fetch outcomes from, or a YAML file of how it is told; default nobody is
    alarms: Path | None  # HUB_ALARMS: a YAML file of whom alarms are told to, and how long a report may wait for a person; default nobody
    history_keys: tuple[str, ...]  # HUB_HISTORY_KEYS: references to the keys that seal the history, the newest first; default none
    keys: str  # HUB_KEYS: references to the keys that encrypt what is kept, the newest first; it must be set
    serve_url: str | None  # HUB_SERVE_URL: where `soh-hub serve` is reached, for links to it; default there are none
    serve_passwords: str | None  # HUB_SERVE_PASSWORDS: a reference to who may sign in there; default nobody by a password
    serve_proxy: str | None  # HUB_SERVE_PROXY: a reference to the secret of a proxy that authenticates people; default there is none
    serve_metrics: str | None  # HUB_SERVE_METRICS: a reference to the token that /metrics is asked with; default it answers nobody
    rekeying_minutes: float  # HUB_REKEYING_MINUTES: what keying a report in by hand is taken to cost; default 40
    lease_seconds: float  # HUB_LEASE_SECONDS: how long what a worker claimed is its own when it is not heard of any more; 3 to 300
    retry: Retry  # HUB_RETRY_ATTEMPTS, HUB_RETRY_FIRST_SECONDS, HUB_RETRY_LONGEST_SECONDS
    processes: int = 1  # HUB_PROCESSES: how many share the work of a large pass; default one for each core, four at most

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of this process. An empty variable counts as one that is not set."""
        home = Path(environment.get("HUB_HOME") or ".hub").absolute()
        endpoints, outcomes, alarms = (environment.get(name) for name in ("HUB_ENDPOINTS", "HUB_OUTCOMES", "HUB_ALARMS"))
        return cls(
            home=home,
            ledger_url=environment.get("HUB_LEDGER_URL") or f"sqlite:///{home / 'ledger.db'}",
            store=environment.get("HUB_STORE") or str(home / "store"),
            mappings=Path(environment.get("HUB_MAPPINGS") or PROJECT / "mappings").absolute(),
            expectations=Path(environment.get("HUB_EXPECTATIONS") or PROJECT / "expectations").absolute(),
            endpoints=Path(endpoints).absolute() if endpoints else None,
            intake=Path(environment.get("HUB_INTAKE") or home / "intake").absolute(),
            outcomes=Path(outcomes).absolute() if outcomes else None,
            alarms=Path(alarms).absolute() if alarms else None,
            history_keys=tuple((environment.get("HUB_HISTORY_KEYS") or "").split()),
            keys=environment.get("HUB_KEYS") or "",
            serve_url=(environment.get("HUB_SERVE_URL") or "").rstrip("/") or None,
            serve_passwords=environment.get("HUB_SERVE_PASSWORDS") or None,
            serve_proxy=environment.get("HUB_SERVE_PROXY") or None,
            serve_metrics=environment.get("HUB_SERVE_METRICS") or None,
            rekeying_minutes=_minutes(environment),
            lease_seconds=_lease(environment),
            retry=_retry(environment),
            processes=int(environment.get("HUB_PROCESSES") or min(4, os.cpu_count() or 1)),
        )


def _lease(environment: Mapping[str, str]) -> float:
    """Raises ValueError for what is no number, or out of its bounds: a lease must be renewed in time, and must not outlast a clock."""
    seconds = float(environment.get("HUB_LEASE_SECONDS") or 60.0)
    if not 3 <= seconds <= 300:
        raise ValueError(f"HUB_LEASE_SECONDS is {seconds:g}: write 3 to 300")
    return seconds


def _minutes(environment: Mapping[str, str]) -> float:
    """Raises ValueError for what is no number of minutes."""
    minutes = float(environment.get("HUB_REKEYING_MINUTES") or 40)
    if not 0 <= minutes <= 600:
        raise ValueError(f"HUB_REKEYING_MINUTES is {minutes:g}: write 0 to 600")
    return minutes


def _retry(environment: Mapping[str, str]) -> Retry:
    """Raises ValueError for what is no number."""
    shipped = Retry()
    return Retry(
        attempts=int(environment.get("HUB_RETRY_ATTEMPTS") or shipped.attempts),
        first=float(environment.get("HUB_RETRY_FIRST_SECONDS") or shipped.first),
        longest=float(environment.get("HUB_RETRY_LONGEST_SECONDS") or shipped.longest),
    )
