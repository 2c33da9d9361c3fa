"""Workers on two hosts, PostgreSQL, S3 and the forces on a third: one worker is cut off in the middle of a drop, the other takes over."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.keys import DEMO
from adapters.ledgers import open_ledger
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


@contextmanager
def _worker(host: Host, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    command = [*host.within, "setpriv", "--pdeathsig=KILL", "--", sys.executable, "-m", "tests.end_to_end.host_worker"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    process = subprocess.Popen(command, cwd=PROJECT, env=plain | environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


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
        environment = {**s3.environment, **places, "HUB_HOME": str(tmp_path / "home"), "HUB_KEYS": DEMO}
        (tmp_path / "home").mkdir()
        build(REPORTS, tmp_path, 5, datetime.fromisoformat(AT), None, Registry.load(mappings, stand_ins.endpoints))
        environment["HUB_INTAKE"] = str(tmp_path / "intake")
        for name, value in s3.environment.items():
            patch.setenv(name, value)
        ledger = open_ledger(Settings.read(environment))
        stack.callback(ledger.close)

        workers = {host.name: stack.enter_context(_worker(host, environment)) for host in (hosts.first, hosts.second)}
        assert all(worker.stdout and worker.stdout.readline() == "ready\n" for worker in workers.values())
        assert eventually(lambda: _sends_to_kent(ledger) is not None, 60)
        victim = hosts.first if _sends_to_kent(ledger) == "first" else hosts.second
        hosts.cut(victim)
        stand_ins.faults()
        assert eventually(lambda: _is_done(ledger), 120), _open(ledger)
        assert _attempts_by_host(ledger) == {"first", "second"}
        hosts.mend(victim)
        time.sleep(4)  # the one that was cut off goes on, and must not send what it had begun
        assert judge(ledger, tmp_path / "expected.json", stand_ins.holdings()).faults == ()
        assert account(ledger).balanced
        assert not (tmp_path / "home" / "defects").exists()
        with ledger.read() as connection:
            assert connection.scalar(select(attachments.c.uri).limit(1)) is not None  # they lie on S3


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
