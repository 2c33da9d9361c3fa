from collections.abc import Sequence
from typing import cast

from hub.quality.checks import Checks, Finding
from hub.quality.volume import Volume
from hub.steps.reconcile import reconcile
from hub.words import Severity
from tests.ledger.making import DAY
from tests.steps.house import ESSEX, House, brought, sent


class Few:
    """Finds every feed too small that has a minimum and less than it."""

    def volumes(self, rows: Sequence[Volume]) -> list[Finding]:
        self.rows = rows
        few = [row.force for row in rows if row.picked_up < (row.daily_minimum or 0)]
        return [Finding(force, "feed-too-small", Severity.WARN, "volumes", "reports") for force in few]


def test_a_pass_balances_whatever_became_of_its_submissions(house: House) -> None:
    house.pick_up(sent(1), sent(2, ESSEX), sent(2, ESSEX), brought(b"{", "bad.json"))
    house.prepare()
    house.deliver()
    found = reconcile(house.ledger, house.registry)
    assert (found.balanced, found.account.total, found.volumes) == (True, 3, ())


def test_the_volumes_of_a_whole_day_are_judged_for_every_force_silent_ones_too(house: House) -> None:
    house.pick_up(sent(1, ESSEX), brought(b"{", "bad.json"))
    few = Few()
    found = reconcile(house.ledger, house.registry, cast(Checks, few), DAY)
    assert [(row.force, row.picked_up, row.quarantined, row.daily_minimum) for row in few.rows] == [
        ("essex", 1, 0, None),
        ("kent", 0, 0, 40),
        ("unknown", 1, 1, None),
    ]
    assert [finding.key for finding in found.volumes] == ["kent"]


def test_without_a_day_no_feed_is_called_silent(house: House) -> None:
    house.pick_up(sent(1))
    assert reconcile(house.ledger, house.registry, cast(Checks, Few())).volumes == ()
