from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from hub.forces.registry import Registry
from hub.ledger.changes import Author
from hub.ledger.checked import Tally
from hub.ledger.queue import move
from hub.pages import checks
from hub.pages.concerns import Health, grouped, health
from hub.pages.facts import gather
from hub.pages.page import nation, of_force, write
from hub.pages.period import Period
from hub.pages.tiles import PLACES
from hub.quality.folder import read_suites
from hub.settings import PROJECT
from hub.steps.worklist import advice
from hub.words import Severity, State
from tests.pages.planted import DAY, DOWN, MORNING, QUARANTINED, REJECTING, planted
from tests.steps.house import House

ADVICE = advice(None)


def test_each_planted_trouble_is_found_once_at_its_force_with_its_number(house: House) -> None:
    facts = planted(house).nation
    found = {(one.kind, one.force): (one.number, one.note) for one in facts.concerns}
    assert found == {
        ("circuit-open", "kent"): (3, "wait"),
        ("silent-feed", "gwent"): (0, "at least 10 are expected"),
        ("rejecting", "essex"): (1, "5.0% of those answered"),
        ("quarantine-old", "dorset"): (40, "not-json 40; 40 without an owner"),
        ("quarantine-old", "essex"): (1, "rejected 1; 1 without an owner"),
        ("quarantined", "dorset"): (40, ""),
        ("quarantined", "essex"): (1, ""),
    }
    assert [kind.health for kind, _ in grouped(facts.concerns)][:4] == [Health.DOWN, *[Health.TROUBLED] * 3]
    assert (facts.total, facts.in_state(State.ACCEPTED), facts.in_state(State.QUARANTINED), facts.balanced) == (70, 19, 41, True)
    assert {force: len(times) for force, times in facts.times.items()} == {REJECTING: 19}
    assert sum(wait.reports for wait in facts.waits if wait.force == QUARANTINED) == 40


def test_a_forces_page_has_nothing_of_another(house: House) -> None:
    gathered = planted(house)
    page = of_force(gathered, REJECTING, ADVICE)
    assert "Essex Police, Sunday 22 November 2026" in page
    others = [name for slug, name in gathered.nation.names.items() if slug != REJECTING]
    assert not [name for name in (*others, "kent-own", "not-json", 'href="/') if name in page]
    assert gathered.of(REJECTING).total == 20


def test_a_page_asks_nothing_of_the_network_and_escapes_what_it_shows(house: House) -> None:
    gathered = planted(house)
    gathered.nation.names[DOWN] = "<script>Kent"  # type: ignore[index]  # as if a file had said so
    page = nation(gathered, ADVICE)
    assert "default-src 'none'" in page
    assert "&lt;script&gt;Kent" in page
    assert "<script" not in page
    assert [word for word in (" src=", "@import", "url(http", 'rel="stylesheet"') if word in page] == []
    ids = [part.split('"', 1)[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "first", "last"), [("2026-11-22", DAY, DAY), ("2026-02", date(2026, 2, 1), date(2026, 2, 28))])
def test_a_period_is_a_day_or_a_month(name: str, first: date, last: date) -> None:
    period = Period.named(name)
    assert (period.first, period.last, period.name) == (first, last, name)
    for wrong in (f"{name}-01-01", "../2026", "2026-13", "2026-2", ""):
        with pytest.raises(ValueError, match=r".+"):
            Period.named(wrong)


def test_health_is_the_gravest_of_what_still_stands() -> None:
    assert health([], {}) == Health.QUIET
    assert health([], {State.ACCEPTED: 1}) == Health.WELL
    assert health([], {State.ACCEPTED: 1, State.HELD: 1}) == Health.WAITING
    assert len({each.sign for each in Health}) == len(Health)


def test_every_force_on_file_has_a_tile_of_its_own() -> None:
    on_file = {path.stem for path in (PROJECT / "mappings" / "forces").glob("*.yaml")}
    assert PLACES.keys() == on_file
    assert len({place[:2] for place in PLACES.values()}) == len({place[2] for place in PLACES.values()}) == 44


def test_pages_are_written_whole_beside_each_other(house: House, forces: Registry, tmp_path_factory: pytest.TempPathFactory) -> None:
    house.registry = Registry(dict(forces.forces), {}, {})
    month = gather(house.ledger, house.registry, replace(Period.month(2026, 11), first=date(2026, 11, 21), last=DAY), MORNING)
    folder = tmp_path_factory.mktemp("pages")
    written = [path.relative_to(folder).as_posix() for path in write(month, ADVICE, folder)]
    assert sorted(written) == ["2026-11.html", "2026-11/essex.html", "2026-11/kent.html"]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == sorted(written)
    assert "Nothing was delivered." in (folder / "2026-11.html").read_text(encoding="utf-8")


def test_check_results_name_the_rules_of_their_suites_gravest_first(house: House) -> None:
    tally = Tally(Counter({("report", "incident-in-future"): 10, ("report", "email-malformed"): 10, ("gone", "old-rule"): 4}))
    tally.failed.update(
        {("report", "incident-in-future", "kent"): 1, ("report", "email-malformed", "essex"): 5, ("gone", "old-rule", "kent"): 4}
    )
    move(house.ledger, Author("prepare", house.clock.now()), {}, tally)
    period = Period.day(house.clock.today())
    found = checks.suites_of(house.ledger, read_suites(PROJECT / "expectations"), period)
    assert [(suite.title, suite.looked, suite.failed, [rule.code for rule in suite.rules]) for suite in found] == [
        ("Every report", 10, 6, ["incident-in-future", "email-malformed"]),
        ("Gone", 4, 4, ["old-rule"]),
    ]
    assert [(rule.severity, rule.share, rule.forces) for rule in found[0].rules] == [
        (Severity.BLOCK, "10.0%", (("kent", 1),)),
        (Severity.WARN, "50.0%", (("essex", 5),)),
    ]
    page = checks.page(found, period, house.clock.now(), {"kent": "Kent Police"})
    assert "Kent Police 1" in page
    assert "<script" not in page
