"""A thousand submissions, all forces, all services, all planted faults, carried from the intake to the account."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from hub.ledger.account import account
from hub.ledger.tables import attachments, bodies, contents
from hub.quality.checks import Checks
from hub.reports.services import SERVICES
from hub.words import State
from sandbox.judging import judge
from sandbox.sample.faults import FAULTS
from tests.end_to_end.carrying import carry, held_of
from tests.end_to_end.conftest import REPORTS, SEEDS, National, carried_sample
from tests.end_to_end.intake import left_in
from tests.end_to_end.personal import personal_values
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.xdist_group("national sample")


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, checks: Checks) -> Iterator[National]:
    with postgres.database() as url, carried_sample(tmp_path_factory.mktemp("postgres"), url, SEEDS["postgresql"], checks) as carried:
        yield carried


@pytest.fixture(params=["sqlite", "postgresql"])
def carried(request: pytest.FixtureRequest) -> National:
    """The sample carried with each database that the ledger runs on."""
    found: National = request.getfixturevalue("national" if request.param == "sqlite" else "on_postgres")
    assert found.hub.ledger.database.url.get_backend_name() == request.param
    return found


def test_the_sample_has_all_forces_services_and_faults(carried: National) -> None:
    expected = orjson.loads(carried.expected.read_bytes())
    assert len(expected["submissions"]) == REPORTS
    assert {fate["force"] for fate in expected["submissions"]} == {*carried.hub.registry.forces, "unknown"}
    assert {fate["service"] for fate in expected["submissions"]} == {*SERVICES, "unknown"}
    assert set(expected["planted"]) == set(FAULTS)
    assert min(expected["planted"].values()) > 0


def test_each_submission_ends_as_expected_and_each_report_is_held_by_one_force_once_byte_for_byte(
    carried: National,
) -> None:
    held = held_of(carried.stand_ins, carried.hub.ledger)
    verdict = judge(carried.hub.ledger, carried.expected, held)
    assert (verdict.submissions, verdict.faults) == (REPORTS, ())
    assert {force for (force, _), one in held.items() if one.reports} == set(carried.hub.registry.forces)


def test_no_far_end_was_sent_anything_that_it_would_not_take_but_the_planted_refusal(carried: National) -> None:
    held = held_of(carried.stand_ins, carried.hub.ledger)
    planted = orjson.loads(carried.expected.read_bytes())["planted"]
    assert Counter(refusal.why for one in held.values() for refusal in one.refusals) == {"business-rule": planted["refused"]}
    assert [name for one in held.values() for name in one.untaken] == []


def test_the_account_balances_and_sums_to_what_was_sent(carried: National) -> None:
    expected = orjson.loads(carried.expected.read_bytes())
    found = account(carried.hub.ledger)
    assert found.balanced
    assert found.total == REPORTS
    assert {str(state): n for state, n in found.totals().items()} == expected["totals"]
    wanted = Counter((fate["force"], fate["outcome"]) for fate in expected["submissions"])
    assert Counter({(force, str(state)): n for force in found.forces() for state, n in found.of_force(force).items()}) == wanted
    codes = Counter((fate["force"], fate["outcome"], fate["code"]) for fate in expected["submissions"] if fate["code"])
    assert Counter({(force, str(state), code): n for (force, state, code), n in found.codes.items()}) == codes


def test_nothing_is_left_in_the_intake(carried: National) -> None:
    assert left_in(carried.intake) == set()


def test_no_copy_of_a_body_lies_about_outside_the_ledger_and_its_store(carried: National) -> None:
    home = carried.hub.settings.home
    others = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()} - {"store"}
    assert others <= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
    assert [path.name for path in (home / "store").rglob("*.part")] == []


def test_no_file_is_named_after_anybody(national: National) -> None:
    names = "\n".join(
        str(path.relative_to(root)) for root in (national.hub.settings.home, national.stand_ins.folder) for path in root.rglob("*")
    )
    values = {value for wire in national.sent.values() for value in personal_values(wire)}
    assert len(values) > REPORTS
    assert len(names.splitlines()) > 44
    assert sorted(value for value in values if value in names) == []


def test_a_second_pass_finds_nothing_to_do(national: National) -> None:
    before = held_of(national.stand_ins, national.hub.ledger)
    again = carry(national.hub, national.intake)
    assert (again.picked_up.seen, again.prepared.sealed, dict(again.delivered), dict(again.confirmed)) == (0, 0, {}, {})
    assert held_of(national.stand_ins, national.hub.ledger) == before
    assert account(national.hub.ledger).totals()[State.ACCEPTED] == orjson.loads(national.expected.read_bytes())["totals"]["accepted"]


def test_the_store_keeps_nothing_that_the_ledger_does_not_name(national: National) -> None:
    with national.hub.ledger.read() as connection:
        named = {uri for table in (attachments, bodies, contents) for uri in connection.scalars(select(table.c.uri)) if uri}
    store = Path(national.hub.settings.store)
    lying = {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}
    assert lying == named
