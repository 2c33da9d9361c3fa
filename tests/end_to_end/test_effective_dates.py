"""A force changes its records system on a date: reports go by the rules of the day on which they are sealed, and sealed drops keep theirs.

The day is London's, in summer: it begins at 23:00 UTC. Real stand-ins, over SFTP and over REST.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from adapters.keys import DEMO
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.ledger.account import account
from hub.ledger.tables import payloads
from hub.settings import PROJECT, Settings
from hub.steps.pick_up import pick_up
from hub.steps.prepare import Prepared, prepare
from hub.words import State
from sandbox.holdings import Held
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, deliver_all, held_of, outcomes
from tests.end_to_end.intake import crime, put
from tests.ledger.making import rows

LAST_MINUTE = "2026-06-30T22:59:00+00:00"  # 23:59 in London
MIDNIGHT = "2026-06-30T23:00:00+00:00"  # still June in UTC
NOON, NEXT_NOON = "2026-07-01T12:00:00+01:00", "2026-07-02T12:00:00+01:00"
END_OF_GAP = "2026-07-02T23:00:00+00:00"  # midnight in London, 3 July
THEN = {"submitTime": "2026-06-30T18:15:00+00:00"}
PNC = {"kent": "46", "essex": "42", "surrey": "45", "sussex": "47"}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # replaced by the stand-ins'

SFTP = f"""
  - name: old-system
    purpose: primary
    profile: niche-style
    endpoint: {{instance: FORCE-old, environment: live}}
    transport: {{host: sftp.force.example, host_key: "{HOST_KEY}", credentials: env:OLD}}
"""
REST = """
  - name: new-system
    purpose: primary
    profile: connect-style
    endpoint: {instance: FORCE-new, environment: live}
    transport: {url: "https://new.force.example/in", acknowledgements: "https://new.force.example/out", api_key: env:NEW}
"""
TO, FROM, FROM_LATER = ("    to: 2026-07-01\n", "    from: 2026-07-01\n", "    from: 2026-07-03\n")
AT_NIGHT = '    drops: {window: "22:00-05:00"}\n'
ROUTES = {
    "kent": SFTP + TO + REST + FROM,
    "essex": SFTP + TO + REST + FROM_LATER,
    "surrey": REST + "    codes: {offence: dated-offence}\n",
    "sussex": SFTP + AT_NIGHT + TO + REST + FROM,
}
DATED = ["criminal-damage,58D,,2026-07-01,", "criminal-damage,44,2026-07-01,,"]


@pytest.fixture(scope="module")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forces that change on 1 July, one that has nothing for two days, and one whose codes change."""
    folder = tmp_path_factory.mktemp("dated") / "mappings"
    for profile in ("niche-style", "connect-style"):
        shutil.copytree(PROJECT / "mappings" / "profiles" / profile, folder / "profiles" / profile)
    (folder / "forces" / "codes").mkdir(parents=True)
    for force, routes in ROUTES.items():
        (folder / "forces" / f"{force}.yaml").write_text(_file(force, routes), encoding="utf-8")
    shipped = (folder / "profiles" / "connect-style" / "codes" / "offence.csv").read_text().splitlines()
    others = [line for line in shipped if not line.startswith("criminal-damage,")]
    (folder / "forces" / "codes" / "dated-offence.csv").write_text("\n".join([*others, *DATED]) + "\n")
    return folder


def _file(force: str, routes: str) -> str:
    head = f'force: {force}\nname: {force}\nnation: England\npnc_code: "{PNC[force]}"\n'
    head += "records_system: {style: changing, instance: own, evidence: made up}\nservices: {default: 2021-03-08}\n"
    return f"{head}routes:{routes.replace('FORCE', force)}"


@pytest.fixture(scope="module")
def far_ends(tmp_path_factory: pytest.TempPathFactory, mappings: Path) -> Iterator[StandIns]:
    with StandIns(tmp_path_factory.mktemp("sandbox"), mappings, NOON) as running:
        yield running


At = Callable[[str], Hub]


@pytest.fixture
def at(tmp_path: Path, mappings: Path, far_ends: StandIns) -> Iterator[At]:
    """The hub of this test at an instant: each a process of its own on the same ledger."""
    opened: list[Hub] = []

    def open_(instant: str) -> Hub:
        where = {"HUB_HOME": str(tmp_path / "home"), "HUB_MAPPINGS": str(mappings), "HUB_ENDPOINTS": str(far_ends.endpoints)}
        hub = open_hub(Settings.read({**where, "HUB_KEYS": DEMO}), Clock.at(datetime.fromisoformat(instant)))
        assert not hub.registry.broken
        opened.append(hub)
        return hub

    yield open_
    for hub in opened:
        hub.close()


def seal(hub: Hub, intake: Path) -> Prepared:
    """Picked up and prepared; nothing leaves."""
    pick_up(hub.ledger, hub.source_of(intake, 0), hub.registry, hub.clock)
    return prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)


def submit(intake: Path, name: str, force: str) -> str:
    """A crime of the evening before; returns its id."""
    wire = crime(PNC[force], **THEN)
    wire["digitalReport"]["incident"] |= {"occurredFrom": "2026-06-29T22:00:00+00:00", "occurredTo": "2026-06-29T23:00:00+00:00"}
    put(intake, name, wire)
    return str(wire["submissionId"])


def digests(hub: Hub) -> dict[str, str]:
    """The SHA-256 of every payload as it was sealed, by its name."""
    return {row["name"]: row["digest"] for row in rows(hub.ledger, payloads)}


def ids(held: Held) -> list[str]:
    return [report.submission_id for report in held.reports]


def test_what_was_sealed_before_midnight_in_london_goes_to_the_old_system_and_what_after_to_the_new(
    at: At, far_ends: StandIns, tmp_path: Path
) -> None:
    before = submit(tmp_path / "intake", "before.json", "kent")
    evening = at(LAST_MINUTE)
    assert seal(evening, tmp_path / "intake").sealed == 1
    sealed = digests(evening)
    assert {re.split(r"\.", name)[1] for name in sealed} == {"old-system"}

    after = submit(tmp_path / "intake", "after.json", "kent")
    morning = at(MIDNIGHT)
    done = carry(morning, tmp_path / "intake")
    assert set(done.delivered) == {("kent", "old-system"), ("kent", "new-system")}
    assert outcomes(morning.ledger) == {"before.json": ("accepted", None), "after.json": ("accepted", None)}
    held = held_of(far_ends, morning.ledger)
    old, new = held["kent", "old-system"], held["kent", "new-system"]
    assert (ids(old), ids(new)) == ([before], [after])
    assert {payload.key: payload.digest() for payload in old.payloads} == sealed
    assert account(morning.ledger).balanced


def test_a_minute_before_midnight_everything_still_goes_to_the_old_system(at: At, far_ends: StandIns, tmp_path: Path) -> None:
    submit(tmp_path / "intake", "a.json", "kent")
    hub = at(LAST_MINUTE)
    assert set(carry(hub, tmp_path / "intake").delivered) == {("kent", "old-system")}
    assert outcomes(hub.ledger) == {"a.json": ("accepted", None)}
    assert ids(held_of(far_ends, hub.ledger)["kent", "new-system"]) == []


def test_between_two_systems_reports_wait_and_go_by_the_new_one_on_its_first_day(at: At, far_ends: StandIns, tmp_path: Path) -> None:
    before = submit(tmp_path / "intake", "before.json", "essex")
    assert seal(at(LAST_MINUTE), tmp_path / "intake").sealed == 1

    waits = submit(tmp_path / "intake", "waits.json", "essex")
    gap = at(NOON)
    assert set(carry(gap, tmp_path / "intake").delivered) == {("essex", "old-system")}
    assert outcomes(gap.ledger) == {"before.json": ("accepted", None), "waits.json": ("held", "no-route")}
    assert account(gap.ledger).totals() == {State.ACCEPTED: 1, State.HELD: 1}
    assert carry(at(NEXT_NOON)).prepared.let_go == 0

    first_day = at(END_OF_GAP)
    assert carry(first_day).prepared.let_go == 1
    assert outcomes(first_day.ledger) == {"before.json": ("accepted", None), "waits.json": ("accepted", None)}
    held = held_of(far_ends, first_day.ledger)
    assert (ids(held["essex", "old-system"]), ids(held["essex", "new-system"])) == ([before], [waits])
    assert account(first_day.ledger).balanced


def test_codes_are_those_of_the_day_of_sealing_also_where_they_leave_a_day_later(at: At, far_ends: StandIns, tmp_path: Path) -> None:
    before = submit(tmp_path / "intake", "before.json", "surrey")
    assert seal(at(LAST_MINUTE), tmp_path / "intake").sealed == 1
    after = submit(tmp_path / "intake", "after.json", "surrey")
    hub = at(MIDNIGHT)
    carry(hub, tmp_path / "intake")
    assert set(outcomes(hub.ledger).values()) == {("accepted", None)}
    held = held_of(far_ends, hub.ledger)["surrey", "new-system"]
    documents = [orjson.loads(payload.read())["data"]["attributes"] for payload in held.payloads]
    codes = {document["submissionId"]: document["event"]["suggestedOffence"] for document in documents}
    assert codes == {before: "58D", after: "44"}


def test_a_drop_that_its_old_systems_window_keeps_waits_for_that_window_and_not_for_the_new_systems(
    at: At, far_ends: StandIns, tmp_path: Path
) -> None:
    before = submit(tmp_path / "intake", "before.json", "sussex")
    evening = at(LAST_MINUTE)
    seal(evening, tmp_path / "intake")
    sealed = digests(evening)
    noon = at(NOON)
    deliver_all(noon)
    waiting = {"before.json": ("held", "outside-window")}
    assert outcomes(noon.ledger) == waiting

    again = carry(at(NOON), patience=0)
    assert again.prepared.let_go == 0
    assert outcomes(noon.ledger) == waiting
    assert ids(held_of(far_ends, noon.ledger)["sussex", "old-system"]) == []

    night = at("2026-07-01T22:00:00+01:00")
    assert carry(night).prepared.let_go == 1
    assert outcomes(night.ledger) == {"before.json": ("accepted", None)}
    old = held_of(far_ends, night.ledger)["sussex", "old-system"]
    assert (ids(old), {payload.key: payload.digest() for payload in old.payloads}) == ([before], sealed)
