"""Three hosts: PostgreSQL, S3, Prefect's server and the forces on one, a worker of one work pool on each of the others.

One worker is cut off in the middle of a drop, the other takes over.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from prefect.client.base import PrefectHttpxSyncClient
from sqlalchemy import select

from adapters.keys import DEMO
from adapters.ledgers import open_ledger
from flows.server import CLIENT_CREDENTIAL, SERVER_CREDENTIAL
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.ledger import Ledger
from hub.ledger.tables import attachments, attempts, drops, payloads, reports
from hub.settings import PROJECT, Settings
from hub.words import State
from sandbox.faults import Fault
from sandbox.judging import judge
from sandbox.sample import build
from sandbox.stand_ins import StandIns
from tests.end_to_end.intake import AT
from tests.end_to_end.test_reconciliation import three_forces
from tests.flows.server import eventually
from tests.servers.hosts import SERVERS, Host, three_hosts, why_not
from tests.servers.postgres import running_postgres
from tests.servers.s3 import running_s3

REPORTS = 120
CREDENTIAL, PORT = "hub:made-up", 4200
API_URL = f"http://{SERVERS}:{PORT}/api"
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def _plain() -> dict[str, str]:
    """This environment without what the person who runs the tests has set, and without a proxy: these hosts are here."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_")) and "proxy" not in name.lower()}


@contextmanager
def _prefect(host: Host, environment: dict[str, str], database: str) -> Iterator[PrefectHttpxSyncClient]:
    """Prefect's server with its runs in PostgreSQL; what asks it."""
    command = [*host.within, "setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", "console.main", "server", "--port", str(PORT)]
    given = _plain() | environment | {SERVER_CREDENTIAL: CREDENTIAL, "PREFECT_API_DATABASE_CONNECTION_URL": database}
    process = subprocess.Popen([*command, "--host", SERVERS], cwd=PROJECT, env=given, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == f"Prefect's UI: http://{SERVERS}:{PORT}\n"
        with PrefectHttpxSyncClient(base_url=API_URL, auth=tuple(CREDENTIAL.split(":")), timeout=20, trust_env=False) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@contextmanager
def _worker(host: Host, environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A worker of the pool, with a process table of its own, so that nothing that it began is left."""
    folder.mkdir()
    alone = ["setpriv", "--pdeathsig=KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "hub", "--name", host.name]
    ours = {"HUB_HOME": str(folder / "home"), "PREFECT_HOME": str(folder / "prefect"), "PREFECT_WORKER_QUERY_SECONDS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*host.within, *alone, *command], cwd=folder, env=environment | ours, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _run(prefect: PrefectHttpxSyncClient, **parameters: object) -> str:
    """Have a worker of the pool carry reports: the id of its run."""
    deployment = prefect.get("/deployments/name/carry/kent").json()["id"]
    given = {"parameters": {"forces": None, "wait_seconds": 5, "at": AT, **parameters}, "state": {"type": "SCHEDULED"}}
    return str(prefect.post(f"/deployments/{deployment}/create_flow_run", json=given).json()["id"])


def _has_ended(prefect: PrefectHttpxSyncClient, run: str) -> bool:
    return prefect.get(f"/flow_runs/{run}").json()["state_type"] in _ENDED


def _sends_to_kent(ledger: Ledger) -> str | None:
    """The host whose worker is in the middle of an attempt at a drop for Kent."""
    a, d = attempts.c, drops.c
    query = select(a.worker).join(drops, d.id == a.drop_id).where(d.force == "kent", a.ended_at.is_(None))
    with ledger.read() as connection:
        worker = connection.scalar(query)
    return str(worker).partition(":")[0] if worker else None


def _is_done(ledger: Ledger) -> bool:
    totals = account(ledger).totals()
    return totals.get(State.ACCEPTED, 0) > 0 and not any(totals.get(state) for state in (State.WAITING, State.SEALED, State.DELIVERED))


def test_a_host_that_is_cut_off_in_the_middle_of_a_drop_is_followed_by_another_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    if why := why_not():
        pytest.skip(why)
    with ExitStack() as stack:
        hosts = stack.enter_context(three_hosts())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SOH_SANDBOX_HOST", SERVERS)
        patch.setenv("SOH_HUB_TEST_HOSTS", "10.77.0.0/16")  # they are on this machine, whatever their address
        server = stack.enter_context(running_postgres(SERVERS, hosts.servers.within))
        url = stack.enter_context(server.database())
        s3 = stack.enter_context(running_s3(9_000, SERVERS, tuple(hosts.servers.within)))
        mappings = three_forces(tmp_path / "mappings")
        (mappings / "forces" / "lancashire.yaml").unlink()  # REST to another host takes TLS, which these stand-ins do without
        cheshire = mappings / "forces" / "cheshire.yaml"  # whose far end can be asked here: what it has is never in doubt
        cheshire.write_text(cheshire.read_text().replace("collects: 'true'", "collects: 'false'"))
        stand_ins = stack.enter_context(StandIns(tmp_path / "sandbox", mappings, AT, within=hosts.servers.within))
        stand_ins.faults(Fault("drip", force="kent", at="write", seconds=1.0))
        places = {"HUB_LEDGER_URL": url, "HUB_STORE": s3.store, "HUB_MAPPINGS": str(mappings), "HUB_ENDPOINTS": str(stand_ins.endpoints)}
        environment = {**_plain(), **s3.environment, **places, "HUB_KEYS": DEMO, "HUB_LEASE_SECONDS": "5", "DO_NOT_TRACK": "1"}
        environment |= {"PREFECT_API_URL": API_URL, CLIENT_CREDENTIAL: CREDENTIAL}
        build(REPORTS, tmp_path, 5, datetime.fromisoformat(AT), None, Registry.load(mappings, stand_ins.endpoints))
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        ledger = open_ledger(Settings.read(environment | {"HUB_HOME": str(tmp_path)}))
        stack.callback(ledger.close)

        runs = stack.enter_context(server.database()).replace("+psycopg", "+asyncpg")
        prefect = stack.enter_context(_prefect(hosts.servers, {"HUB_HOME": str(tmp_path / "server")}, runs))
        subprocess.run([sys.executable, "-m", "console.main", "deployments", "apply"], cwd=PROJECT, env=environment, check=True)
        for host in (hosts.first, hosts.second):
            stack.enter_context(_worker(host, environment, tmp_path / host.name))
        first = _run(prefect, intake=str(tmp_path / "intake"), settle_seconds=0)
        assert eventually(lambda: _sends_to_kent(ledger) is not None, 90), _logs(tmp_path)
        victim = hosts.first if _sends_to_kent(ledger) == "first" else hosts.second
        hosts.cut(victim)
        stand_ins.faults()
        again = _run(prefect)
        end = time.monotonic() + 150
        while not _is_done(ledger) and time.monotonic() < end:
            if _has_ended(prefect, again):
                again = _run(prefect)
            time.sleep(0.5)
        assert _is_done(ledger), (_open(ledger), _logs(tmp_path))
        assert _attempts_by_host(ledger) == {"first", "second"}
        hosts.mend(victim)
        time.sleep(4)  # the one that was cut off goes on, and must not send what it had begun
        assert judge(ledger, tmp_path / "expected.json", stand_ins.holdings()).faults == ()
        assert account(ledger).balanced
        assert eventually(lambda: _has_ended(prefect, again), 30)
        with psycopg.connect(runs.replace("+asyncpg", "")) as connection:  # where Prefect keeps its runs
            assert {first, again} <= {str(run) for (run,) in connection.execute("select id from flow_run")}
        with ledger.read() as connection:
            assert connection.scalar(select(attachments.c.uri).limit(1)) is not None  # they lie on S3


def _logs(folder: Path) -> str:
    """What the workers said, for whoever reads that this failed."""
    return "\n".join((folder / host / "log").read_text(errors="replace")[-3000:] for host in ("first", "second"))


def _open(ledger: Ledger) -> list[object]:
    """What has not come to an end, for whoever reads that this failed."""
    d, p, r = drops.c, payloads.c, reports.c
    with ledger.read() as connection:
        tries = connection.execute(select(d.key, attempts).join(attempts, attempts.c.drop_id == d.id).where(d.state != "delivered")).all()
        doubt = connection.execute(
            select(d.key, p.kind, p.state, p.attempt)
            .join(payloads, p.drop_id == d.id)
            .where(d.id.in_(select(r.drop_id).where(r.state == State.IN_DOUBT)))
        ).all()
    return [account(ledger).totals(), *tries, *doubt]


def _attempts_by_host(ledger: Ledger) -> set[str]:
    """Who tried the drop that was cut: the host that was cut off, and the one that followed."""
    with ledger.read() as connection:
        tried = connection.execute(select(attempts.c.drop_id, attempts.c.worker).order_by(attempts.c.id)).all()
    by_drop: dict[int, set[str]] = {}
    for drop, worker in tried:
        by_drop.setdefault(drop, set()).add(str(worker).partition(":")[0])
    return next((hosts for hosts in by_drop.values() if len(hosts) > 1), set())
