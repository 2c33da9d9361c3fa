"""Law 4: what a report tells of anybody, and every secret, stays in the ledger and the drop, whatever goes wrong on the way."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from adapters.keys import OwnKey
from console.main import app
from flows.server import PrefectServer
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import MasterKeys
from hub.ledger.tables import metadata
from hub.settings import PROJECT
from sandbox.faults import KINDS, Fault
from sandbox.holdings import STANDS
from sandbox.stand_ins import StandIns
from sandbox.stands import read_stands
from tests.end_to_end.canaries import CANARIES, MARK, PHOTO, TYPED, found_in, found_under, report, spellings
from tests.end_to_end.carrying import body_of
from tests.end_to_end.dying import LEASE
from tests.end_to_end.intake import AT, Wire, put
from tests.end_to_end.test_reconciliation import three_forces
from tests.servers.endpoint import Endpoint

pytestmark = [pytest.mark.xdist_group("prefect: whole passes"), pytest.mark.timeout(600)]

PLATFORM_KEY = "Vq7-made-up-key-of-the-platform-31"
KEEPING_KEY = "Hx2-made-up-key-that-encrypts-what-is-kept-58"

_LAST = {"refuse", "status", "wrong-content-type", "expired-certificate"}  # REST's alone
_NOT_OVER_REST = {"wrong-host-key", "rename-fails", "expired-certificate", "connection-refused", "permission-denied", "disk-full"}


@dataclass
class Told:
    """Everything that a hub said while it carried: its output, its processes' arguments and surroundings, and where it keeps its things."""

    home: Path
    temporary: Path
    sandbox: Path
    prefect: Path
    exports: Path
    said: list[bytes] = field(default_factory=list)
    processes: set[bytes] = field(default_factory=set)
    ids: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)
    spoilt: dict[str, str] = field(default_factory=dict)  # the id of each submission that is spoilt, by its file
    codes: list[int] = field(default_factory=list)  # that the operator's commands ended with


def _spoilt(force: str) -> dict[str, Wire | bytes]:
    """A submission for each cause of quarantine that the bytes alone decide, full of canaries like all others."""
    unknown, wrong, named = report(force), report(force), report(force)
    unknown["digitalReport"][f"{MARK} key"] = MARK
    wrong["digitalReport"]["people"][0]["gender"] = MARK
    named["forceIdentifier"] = "00"
    wrong_time, twice, missing = report(force), report(force), report(force)
    wrong_time["digitalReport"]["incident"]["occurredFrom"] = "21:43:17"
    whole = orjson.dumps(twice)
    return {
        "unknown.json": unknown,
        "wrong.json": wrong,
        "no-force.json": named,
        "time.json": wrong_time,
        "cut.json": whole[:-20],
        "twice.json": b'{"forceIdentifier":"46",' + whole[1:],
        "deep.json": orjson.dumps(report(force)).replace(b'"criminal-damage"', b"[" * 50 + b"]" * 50),
        "missing.json": missing,
    }


def _faults(stand_ins: StandIns) -> tuple[Fault, ...]:
    """Every kind of fault at an SFTP and at a REST stand-in, each at a force of its own."""
    stands = read_stands(stand_ins.folder / STANDS)
    alone = {stand.instance: stand for stand in reversed(stands)}.values()  # a far end that is down takes nobody else with it
    sides = [[stand for stand in alone if stand.transport == name] for name in ("sftp", "rest")]
    kinds = sorted(KINDS, key=_LAST.__contains__), sorted(KINDS, key=_NOT_OVER_REST.__contains__)
    return tuple(
        Fault(kind, force=stand.force, route=stand.route, seconds=0.3)
        for names, side in zip(kinds, sides, strict=True)
        for kind, stand in zip(names, side, strict=False)
    )


def _fill(intake: Path, registry: Registry, spoilt: dict[str, str]) -> list[str]:
    """One report for each force, one spoilt in each way, one in conflict, and some that the stand-ins refuse and reject."""
    codes = sorted(force.pnc_code for force in registry.forces.values())
    wires = {f"{code}.json": report(code) for code in codes}
    for name, wire in wires.items():
        put(intake, name, wire, {f"{MARK}name.jpg": PHOTO})
    first = wires["46.json"]
    put(intake, "conflict.json", {**first, "submissionContent": f"OFFICIAL\n{MARK} again"})
    for series in ("ZZ", "YY"):
        for code in ("46", "04"):
            wire = report(code, customerReferenceNumber=f"SOH-{series}26-{code}{os.getpid():X}")
            put(intake, f"{series}-{code}.json", wire, {f"{MARK}name.jpg": PHOTO})
    for name, content in _spoilt("46").items():
        put(intake, name, content, {} if name == "missing.json" else {f"{MARK}name.jpg": PHOTO})
        if isinstance(content, dict):
            spoilt[name] = str(content["submissionId"])
    return [str(wire["submissionId"]) for wire in wires.values()]


def _run(told: Told, environment: dict[str, str], *command: str) -> int:
    """Another process of the hub, watched: its output, its arguments and its environment."""
    out = told.temporary.parent / f"said-{len(told.said)}"
    with out.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=PROJECT, env=environment, stdout=said, stderr=said)
        while process.poll() is None:
            for name in ("cmdline", "environ"):
                try:
                    told.processes.add(Path(f"/proc/{process.pid}/{name}").read_bytes())
                except OSError:
                    continue
            time.sleep(0.2)
    told.said.append(out.read_bytes())
    return process.returncode


@pytest.fixture(scope="module")
def told(prefect_server: PrefectServer, stand_ins: StandIns, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("telling")
    told = Told(folder / "home", folder / "tmp", stand_ins.folder, Path(prefect_server.home), folder / "exports")
    told.temporary.mkdir()
    intake = folder / "intake"
    told.secrets = {_secret_in(path) for path in (stand_ins.folder / "secrets").iterdir()}
    with Endpoint.start() as platform:
        (folder / "outcomes.yaml").write_text(f"name: rest\nurl: {platform.url}\napi_key: env:PLATFORM_KEY\n")
        environment = {
            **os.environ,
            **prefect_server.environment,
            "HUB_HOME": str(told.home),
            "HUB_ENDPOINTS": str(stand_ins.endpoints),
            "HUB_OUTCOMES": str(folder / "outcomes.yaml"),
            "PLATFORM_KEY": PLATFORM_KEY,
            "HUB_KEYS": "env:KEEPING_KEY",
            "KEEPING_KEY": KEEPING_KEY,
            "TMPDIR": str(told.temporary),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        }
        told.ids = _fill(intake, registry, told.spoilt)
        before = stand_ins.struck()
        assert _run(told, environment, "tests.end_to_end.dying", "before-settling", str(intake)) == -9
        stand_ins.faults(*_faults(stand_ins))
        time.sleep(LEASE)
        try:
            assert _run(told, environment, "tests.end_to_end.talkative", str(intake), "1") == 0, told.said[-1][-3000:].decode()
        finally:
            stand_ins.faults()
        told.struck = set(stand_ins.struck() - before)
        assert _run(told, environment, "tests.end_to_end.talkative", str(intake), "1") == 0, told.said[-1][-3000:].decode()
        _put_right(told, environment)
        assert _run(told, environment, "tests.end_to_end.talkative", str(intake), "1") == 0, told.said[-1][-3000:].decode()
    _ask_everything(told, environment)
    return told


_AMENDED = [
    {"op": "replace", "path": "/digitalReport/people/0/gender", "value": "female"},
    {"op": "replace", "path": "/digitalReport/people/0/relationship", "value": f"{MARK} amended"},
]


def _put_right(told: Told, environment: dict[str, str]) -> None:
    """An operator amends a report and lets it go, is refused an amendment that cannot be read, and has a force's day sent again."""
    amend = ("amend", told.spoilt["wrong.json"], "--reason", "person-corrected", "--release")
    for patch in (orjson.dumps([{"op": "add", "path": f"/{MARK}/nowhere", "value": MARK}]), MARK.encode(), orjson.dumps(_AMENDED)):
        told.codes.append(_command(told, environment, *amend, given=patch))
    day, why = AT[:10], ("--reason", "force-asked", "--yes")
    again = ("--again", "send what was delivered again")
    told.codes.append(_command(told, environment, "replay", "--force", "kent", "--from", day, "--to", day, *why, *again))


def _command(told: Told, environment: dict[str, str], *command: str, given: bytes = b"") -> int:
    done = subprocess.run(["soh-hub", *command], env=environment, input=given, capture_output=True, check=False)
    told.said.append(done.stdout + done.stderr)
    return done.returncode


def _secret_in(path: Path) -> str:
    content = path.read_bytes()
    return str(orjson.loads(content)["password"]) if content.startswith(b"{") else content.decode()


def _ask_everything(told: Told, environment: dict[str, str]) -> None:
    """What the commands say, of everything and of each report."""
    asked = [["status"], ["reconcile"], ["alarms", "--all"], ["status", "--json"], ["reconcile", "--json"], ["force", "check"]]
    asked += [["audit", "verify"], ["audit", "verify", "--json"]]
    asked += [["trace", one] for one in [*told.ids[:8], told.spoilt["wrong.json"]]]
    asked += [["quarantine", "list"], ["quarantine", "list", "--json"]]
    asked += [["reconcile", "--far-ends", "--csv", str(told.exports / "account.csv"), "--parquet", str(told.exports / "account.parquet")]]
    surroundings = {name: environment[name] for name in ("HUB_HOME", "HUB_ENDPOINTS", "HUB_OUTCOMES", "HUB_KEYS", "KEEPING_KEY")}
    told.exports.mkdir()
    for command in asked:
        _ask(told, command, surroundings)
    few = three_forces(told.exports.parent / "mappings")  # the nation has a page, and these have one each: not 44 of the same make
    pages = ["pages", "--to", str(told.exports / "pages"), "--day", AT[:10]]
    _ask(told, pages, {**surroundings, "HUB_MAPPINGS": str(few), "HUB_ENDPOINTS": ""})


def _ask(told: Told, command: list[str], environment: dict[str, str]) -> None:
    answer = CliRunner().invoke(app, command, env=environment)
    told.said.append(answer.output.encode() + repr(answer.exception).encode())


@contextmanager
def _ledger(told: Told) -> Iterator[Ledger]:
    masters = MasterKeys.of([OwnKey(KEEPING_KEY.encode())])
    with closing(Ledger.open(f"sqlite:///{told.home / 'ledger.db'}", str(told.home / "store"), masters=masters)) as ledger:
        yield ledger


def test_the_passes_went_through_every_fault_and_every_cause(told: Told) -> None:
    """A search that finds nothing proves nothing where nothing happened."""
    with _ledger(told) as ledger, ledger.read() as connection:
        history = metadata.tables["history"]
        rows = connection.execute(select(history.c.to_state, history.c.code)).all()
    states, codes = {row.to_state for row in rows}, {row.code for row in rows}
    assert {"accepted", "quarantined"} <= states
    wanted = {"field-unknown", "field-unreadable", "unknown-force", "time-without-date", "not-json", "duplicate-field", "too-deep"}
    assert {*wanted, "attachment-missing", "rejected", "refused"} <= codes
    assert set(KINDS) - {"expired-certificate"} - told.struck == set()


def test_an_operator_amended_a_report_and_had_a_day_sent_again(told: Told) -> None:
    assert told.codes == [1, 1, 0, 1]  # the last: of a report in quarantine a file is still missing
    with _ledger(told) as ledger, ledger.read() as connection:
        tables = metadata.tables
        amended = connection.execute(select(tables["bodies"].c.submission_id).where(tables["bodies"].c.version == 2)).all()
        again = connection.execute(select(tables["submissions"].c.id).where(tables["submissions"].c.rerouted_from.is_not(None))).all()
        actions = set(connection.scalars(select(tables["changes"].c.action)))
    assert len(amended) == 1
    assert again
    assert {"amend", "replay"} <= actions


def test_no_canary_is_in_a_page_or_an_export(told: Told) -> None:
    assert Counter(path.suffix for path in told.exports.rglob("*.*")) == {".html": 4, ".csv": 1, ".parquet": 1}
    assert found_under(told.exports, spellings(CANARIES)) == {}


def test_no_canary_is_in_anything_that_was_said(told: Told) -> None:
    assert b"DEBUG" in b"".join(told.said)
    assert [found for said in told.said if (found := found_in(said, spellings(CANARIES)))] == []


def test_no_canary_is_in_prefects_database_logs_or_results(told: Told) -> None:
    assert (told.prefect / "prefect.db").stat().st_size > 100_000
    assert found_under(told.prefect, spellings(CANARIES)) == {}


def test_no_canary_is_in_a_process_or_a_temporary_folder(told: Told) -> None:
    assert len(told.processes) >= 3  # two command lines, and the surroundings that they share
    assert [found for one in told.processes if (found := found_in(one, spellings(CANARIES)))] == []
    assert found_under(told.temporary, spellings(CANARIES)) == {}


def test_no_canary_is_in_a_file_of_the_hub_or_in_the_name_of_one(told: Told) -> None:
    """What the ledger and the store keep is encrypted."""
    assert (told.home / "ledger.db").stat().st_size > 1_000_000
    assert any((told.home / "store").rglob("*"))
    assert found_under(told.home, spellings(CANARIES)) == {}
    assert found_under(told.sandbox, spellings(CANARIES), [told.sandbox]) == {}


def test_no_canary_is_in_a_table_of_the_ledger_but_with_the_key(told: Told) -> None:
    with _ledger(told) as ledger, ledger.read() as connection:
        for table in metadata.sorted_tables:
            assert found_in(repr(connection.execute(select(table)).all()).encode(), spellings(CANARIES)) == set(), table.name
    with _ledger(told) as ledger:
        assert found_in(body_of(ledger, "conflict.json"), spellings(CANARIES))  # with it, all is there


def test_no_secret_is_anywhere_but_where_it_was_put(told: Told) -> None:
    forms = spellings({*told.secrets, PLATFORM_KEY, KEEPING_KEY})
    assert len(told.secrets) >= 44
    places = [told.prefect, told.temporary, told.home]
    assert [found for said in told.said if (found := found_in(said, forms))] == []
    assert [found_under(place, forms) for place in places] == [{}, {}, {}]
    arguments = [one for one in told.processes if b"PLATFORM_KEY=" not in one]
    assert [found for one in arguments if (found := found_in(one, forms))] == []


@pytest.mark.parametrize("planted", [MARK + "bbbc", str(TYPED["phone"]), str(TYPED["latitude"]), PLATFORM_KEY])
@pytest.mark.parametrize("way", ["utf-8", "utf-16-le", "hex", "base64", "base64-within", "json", "percent"])
def test_the_search_finds_what_is_planted_however_it_is_written(planted: str, way: str) -> None:
    import base64
    from urllib.parse import quote

    text = planted.encode()
    written = {
        "utf-8": text,
        "utf-16-le": planted.encode("utf-16-le"),
        "hex": text.hex().encode(),
        "base64": base64.b64encode(text + b" and more"),
        "base64-within": base64.b64encode(b"x" * 17 + text + b" and more"),
        "json": orjson.dumps(planted),
        "percent": quote(planted).encode(),
    }
    forms = spellings({*CANARIES, PLATFORM_KEY})
    assert found_in(b"a line before " + written[way] + b" and after", forms)
    assert found_in(b"a line before and after", forms) == set()


def test_a_careless_line_in_the_log_of_a_worker_would_be_found(told: Told, prefect_server: PrefectServer, tmp_path: Path) -> None:
    environment = {**os.environ, **prefect_server.environment, "HUB_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    careless = Told(tmp_path / "home", tmp_path / "tmp", told.sandbox, told.prefect, tmp_path / "exports")
    assert _run(careless, environment, "tests.end_to_end.talkative", str(tmp_path), "0", f"{MARK}bbbb") == 0
    assert found_in(careless.said[0], spellings(CANARIES)) == {MARK}
    assert any(found_in(one, spellings(CANARIES)) for one in careless.processes)
