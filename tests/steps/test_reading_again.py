"""What pick-up found clean is only validated when it is prepared; all else is read as if nobody had."""

import orjson
import pytest
from sqlalchemy import update

from hub.forces.registry import Registry
from hub.ledger.choosing import Wanted
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import NO_MASTERS
from hub.ledger.rotation import rotate
from hub.ledger.tables import bodies
from hub.reports import doubts
from hub.reports.edition import EDITION
from hub.steps import operate
from hub.steps.operate import Desk
from tests.ledger.ledgers import OpenLedger, ledger, ledger_url, new_file, one_database, open_ledger
from tests.ledger.making import rows, submission_id
from tests.steps.house import House, Wire, brought, sent, wire

__all__ = ["ledger", "ledger_url", "new_file", "one_database", "open_ledger"]

OLDER = "0" * 16
REPAIRED = wire(0)["digitalReport"] | {"anonymous": "false"}
UNDERSCORED = wire(0)["digitalReport"] | {"property": [{"id": "I1", "status": "lost", "value": "1_000"}]}


@pytest.fixture
def house(ledger: Ledger, forces: Registry) -> House:
    """On each of the two databases."""
    return House(ledger, forces)


def _found_clean_by(house: House) -> list[str | None]:
    return [row["clean_by"] for row in rows(house.ledger, bodies)]


@pytest.fixture
def doubted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is looked at for more than validation would see, from now on."""
    found: list[bytes] = []

    def listens(flat: bytes) -> bool:
        found.append(flat)
        return doubts.doubtful(flat)

    monkeypatch.setattr("hub.reports.reader.doubtful", listens)
    return found


def _an_older_edition_picks_up(house: House, monkeypatch: pytest.MonkeyPatch, number: int, digital: Wire) -> None:
    """One that did not know yet what is read too generously."""
    with monkeypatch.context() as then:
        then.setattr("hub.reports.reader.doubtful", lambda _flat: False)
        then.setattr("hub.reports.reader.EDITION", OLDER)
        house.pick_up(sent(number, digitalReport=digital))


def test_only_what_was_clean_is_said_to_be_and_only_the_rest_is_doubted_again(house: House, doubted: list[bytes]) -> None:
    house.pick_up(sent(1), sent(2, digitalReport=REPAIRED), brought(b"{", "3.json"))
    assert _found_clean_by(house) == [EDITION, None, None]
    doubted.clear()
    house.prepare()
    assert house.states()[:2] == ["sealed", "sealed"]
    assert [submission_id(2).encode() in flat for flat in doubted] == [True]


def test_what_an_older_edition_let_pass_is_refused_by_this_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _an_older_edition_picks_up(house, monkeypatch, 1, UNDERSCORED)
    _an_older_edition_picks_up(house, monkeypatch, 2, wire(0)["digitalReport"])
    assert _found_clean_by(house) == [OLDER, OLDER]
    house.prepare()
    assert house.states() == ["quarantined field-unreadable", "sealed"]
    assert house.where()[0] == "digitalReport.property[0].value"


def test_an_amendment_is_read_as_if_for_the_first_time(house: House) -> None:
    desk = Desk(house.ledger, house.registry, house.clock, "alex", "force-agreed")
    house.pick_up(sent(1, force="99"))
    house.pick_up(brought(orjson.dumps(wire(2, submitTime="yesterday")), "2.json"))
    operate.amend(desk, submission_id(2), b'{"submitTime": "2026-11-21T18:15:00+00:00"}')
    assert [(row["version"], row["clean_by"]) for row in rows(house.ledger, bodies)] == [(1, EDITION), (1, None), (2, None)]
    assert operate.release(desk, Wanted((submission_id(2),))).changed == 1
    house.prepare()
    assert house.states() == ["quarantined unknown-force", "sealed"]


def test_what_is_clean_stays_so_at_another_force_and_under_other_keys(house: House, doubted: list[bytes]) -> None:
    desk = Desk(house.ledger, house.registry, house.clock, "alex", "force-agreed")
    house.pick_up(sent(1, force="99"), sent(2))
    assert operate.reroute(desk, Wanted((submission_id(1),)), "essex").changed == 1
    done = rotate(house.ledger, data=True)
    assert (done.sealed, done.spoilt, _found_clean_by(house)) == (3, [], [EDITION] * 3)
    doubted.clear()
    house.prepare()
    assert (sorted(house.states()), doubted) == (["re-routed", "sealed", "sealed"], [])


def test_beside_plain_bytes_nothing_is_believed(open_ledger: OpenLedger, forces: Registry, doubted: list[bytes]) -> None:
    """They may have become others since."""
    plain = House(open_ledger(masters=NO_MASTERS), forces)
    plain.pick_up(sent(1))
    assert _found_clean_by(plain) == [None]
    with plain.ledger.write() as connection:
        connection.execute(update(bodies).values(clean_by=EDITION))
    doubted.clear()
    plain.prepare()
    assert (plain.states(), len(doubted)) == (["sealed"], 1)
