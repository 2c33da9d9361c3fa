"""The screens that change nothing: the first one, days and months, check results, the worklist, traces."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.screens.office import Office
from console.screens.show import Screens
from hub.gravity import Gravity
from hub.ledger.choosing import Wanted
from hub.ledger.trace import carried_by, trace
from hub.pages import checks, programme
from hub.pages.page import nation, of_force
from hub.pages.period import RECENT, Period
from hub.steps.worklist import Item, worklist

MOST = 200  # lines of a list: the rest is counted


def routes(office: Office, screens: Screens) -> APIRouter:
    """These screens."""
    router = APIRouter()
    _pages(router, office, screens)
    _lists(router, office, screens)
    return router


def _pages(router: APIRouter, office: Office, screens: Screens) -> None:
    @router.get("/")
    def today(request: Request) -> Response:
        period = Period.recent(office.clock.today())
        drawn = office.drawn(period)
        frame = screens.frame(request, f"pages/{RECENT}", _around(period))
        return screens.page(nation(drawn.gathered, drawn.advice, drawn.charts(), frame))

    @router.get("/pages/{name}.html")
    def of_period(request: Request, name: str) -> Response:
        period = _period(office, name)
        drawn = office.drawn(period)
        frame = screens.frame(request, period.name, _around(period))
        return screens.page(nation(drawn.gathered, drawn.advice, drawn.charts(), frame))

    @router.get("/pages/{name}/{force}.html")
    def of_one(request: Request, name: str, force: str) -> Response:
        period = _period(office, name)
        drawn = office.drawn(period)
        if force not in drawn.gathered.nation.names:
            raise HTTPException(404)
        above = "/" if period.name == RECENT else f"/pages/{period.name}.html"
        around = [(above, "All forces"), (f"/worklist?force={force}", "Its worklist"), *_around(period, force)]
        frame = screens.frame(request, period.name, around)
        return screens.page(of_force(drawn.gathered, force, drawn.advice, drawn.charts(force), frame))

    @router.get("/checks")
    def checks_today() -> Response:
        return RedirectResponse(f"/checks/{office.clock.today()}", 303)

    @router.get("/checks/{name}")
    def check_results(request: Request, name: str) -> Response:
        period = _period(office, name)
        found = checks.suites_of(office.ledger, office.suites, period)
        around = [(f"/checks/{other.name}", title) for other, title in _beside(period)]
        frame = screens.frame(request, "", [*around, (f"/pages/{period.name}.html", "Its reports")])
        return screens.page(checks.page(found, period, office.clock.now(), office.names, frame=frame))

    @router.get("/programme")
    def figures(request: Request) -> Response:
        return screens.page(programme.page(office.programme, office.clock.now(), office.names, frame=screens.frame(request)))


def _lists(router: APIRouter, office: Office, screens: Screens) -> None:
    @router.get("/worklist")
    def work(request: Request, force: str = "", code: str = "") -> Response:
        items = worklist(office.ledger, office.advice, office.clock, Wanted(), ages=office.ages)
        chosen = [one for one in items if (not force or one.force == force) and (not code or one.code == code)]
        shown: dict[str, object] = {"items": chosen[:MOST], "more": max(0, len(chosen) - MOST), "force": force, "code": code}
        shown |= {"forces": sorted({one.force for one in items}), "codes": sorted({one.code for one in items})}
        shown |= {"names": office.names, "now": office.clock.now(), "figures": _by_gravity(items)}
        return screens.show(request, "worklist.html", **shown)

    @router.get("/trace")
    def find(request: Request, q: str = "") -> Response:
        name = q.strip()
        found = trace(office.ledger, name) if name else []
        if len(found) == 1:
            return RedirectResponse(f"/reports/{found[0].number}", 303)
        carried = carried_by(office.ledger, name, MOST) if name and not found else []
        return screens.show(request, "trace.html", q=name, found=found, carried=carried, names=office.names)


def _by_gravity(items: Sequence[Item]) -> list[tuple[str, int, str]]:
    """The figures above the list: how many of each gravity, and how many of them wait for too long."""
    every, late = Counter(one.gravity for one in items), Counter(one.gravity for one in items if one.passed)
    return [(str(gravity), every[gravity], f"{late[gravity]:,} for too long" if late[gravity] else "") for gravity in Gravity]


def _period(office: Office, name: str) -> Period:
    """The period of a name in an address; a page that is not there for anything else."""
    if name == RECENT:
        return Period.recent(office.clock.today())
    try:
        return Period.named(name)
    except ValueError:
        raise HTTPException(404) from None


def _around(period: Period, force: str = "") -> list[tuple[str, str]]:
    """Links to the periods beside this one, and to what the checks found in it."""
    of = f"/{force}" if force else ""
    links = [(f"/pages/{other.name}{of}.html", title) for other, title in _beside(period)]
    return links if force or period.name == RECENT else [*links, (f"/checks/{period.name}", "Its check results")]


def _beside(period: Period) -> list[tuple[Period, str]]:
    if period.name == RECENT:
        return [(Period.day(day), f"{day:%A} {day.day}") for day in (period.last, period.first)] + [_month_of(period.last)]
    if period.first == period.last:
        days = [period.first - timedelta(days=1), period.first + timedelta(days=1)]
        return [(Period.day(days[0]), f"← {_short(days[0])}"), (Period.day(days[1]), f"{_short(days[1])} →"), _month_of(period.first)]
    before, after = period.first - timedelta(days=1), period.last + timedelta(days=1)
    return [(_month_of(before)[0], f"← {before:%B %Y}"), (_month_of(after)[0], f"{after:%B %Y} →")]


def _month_of(day: date) -> tuple[Period, str]:
    return Period.month(day.year, day.month), f"{day:%B %Y}"


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"
