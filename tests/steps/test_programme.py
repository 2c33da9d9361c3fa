"""The programme's own figures: live dates from the forces' files, months and shares from the ledger."""

from dataclasses import replace
from datetime import date, timedelta

from hub.forces.files import GoLive
from hub.forces.registry import Registry
from hub.ledger.choosing import Wanted
from hub.ledger.months import Month
from hub.pages.programme import page
from hub.steps import operate
from hub.steps.operate import Desk
from hub.steps.programme import programme
from tests.ledger.making import said, submission_id
from tests.steps.house import AT, ESSEX, KENT, House, sent

TODAY = AT.date()
TO_COME = TODAY + timedelta(days=30)


def test_shares_count_what_no_person_touched_and_leave_out_what_no_force_is_to_have(house: House) -> None:
    house.sealed(1, 2, 3, 4, force=ESSEX)
    house.deliver()
    house.far_ends["essex"].says = [said(number, accepted=number != 4) for number in (1, 2, 3, 4)]
    house.confirm()
    house.pick_up(sent(5, KENT), sent(6, KENT), sent(1, ESSEX))  # one waits, one is withdrawn, and a duplicate
    desk = Desk(house.ledger, house.registry, house.clock, "alex", "field-map-corrected")
    operate.withdraw(desk, Wanted((submission_id(6),)))
    operate.release(desk, Wanted((submission_id(4),)))
    house.prepare()
    house.deliver()
    found = programme(house.ledger, house.registry, TODAY, 40)
    assert found.months == {("2026-11", "crime"): Month(due=5, delivered=4, by_hand=1, emailed=0)}
    assert found.automatic == 3 / 5
    assert found.saved == 160


def test_what_goes_to_a_mailbox_is_keyed_in_and_saves_nothing(house: House) -> None:
    house.sealed(1, force=ESSEX)
    house.deliver()
    essex = house.registry.forces["essex"]
    mailed = replace(essex, routes=tuple(replace(route, transport={"name": "email"}) for route in essex.routes))
    found = programme(house.ledger, Registry({**house.registry.forces, "essex": mailed}, {}, {}), TODAY, 40)
    assert found.months["2026-11", "crime"] == Month(due=1, delivered=1, by_hand=0, emailed=1)
    assert (found.automatic, found.saved) == (0.0, 0.0)


def test_what_is_live_and_what_is_to_come_stand_in_the_forces_files(house: House) -> None:
    services = {"crime": GoLive(date(2021, 6, 1)), "fraud": GoLive(TO_COME, assumed=True)}
    kent = replace(house.registry.forces["kent"], services=services)
    registry = Registry({"kent": kent}, {}, {})
    found = programme(house.ledger, registry, TODAY, 12.5)
    assert [(one.force, one.service, one.day, one.assumed) for one in found.live] == [("kent", "crime", date(2021, 6, 1), False)]
    assert [(one.service, one.day, one.assumed) for one in found.planned] == [("fraud", TO_COME, True)]
    assert (found.forces_live, found.forces, found.automatic) == (1, 1, None)
    html = page(found, AT, {"kent": "Kent Police"})
    for words in ("1 of 1", "12.5 minutes", "HUB_REKEYING_MINUTES", str(TO_COME), "Kent Police", "Fraud"):
        assert words in html
