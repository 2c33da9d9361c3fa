"""The page of the programme's own figures, with its charts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from hub.ledger.months import Month
from hub.pages.charts import Chart, Row, quiet, service_title
from hub.pages.drawing import BLUE, PALE, picture
from hub.pages.page import environment
from hub.steps.programme import REKEYING, Live, Programme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def page(found: Programme, drawn_up: datetime, names: Mapping[str, str], **others: object) -> str:
    """The page as HTML, with everything in it."""
    total = found.total
    share = "–" if found.automatic is None else f"{found.automatic:.1%}"
    figures = [
        ("forces live", f"{found.forces_live} of {found.forces}", ""),
        ("reports due", f"{total.due:,}", ""),
        ("delivered automatically", share, f"{total.automatic:,} reports"),
        ("hours of keying in saved", f"{found.saved / 60:,.0f}", f"at {found.minutes:g} minutes each"),
    ]
    shown = {"found": found, "drawn_up": drawn_up, "figures": figures, "charts": [_live(found), _monthly(found)], "names": names}
    shown |= {"services": _services(found), "planned": _planned(found.planned), "months": _months(found), "rekeying": REKEYING}
    return environment().get_template("programme.html").render(shown | others)


def _services(found: Programme) -> list[tuple[str, int, date, int]]:
    """Each service: how many forces take it, since when the first does, and how many will."""
    live: dict[str, list[Live]] = {}
    for one in found.live:
        live.setdefault(one.service, []).append(one)
    coming = Counter(one.service for one in found.planned)
    rows = [(service_title(name), len(some), some[0].day, coming[name]) for name, some in live.items()]
    return sorted(rows, key=lambda row: (-row[1], row[2], row[0]))


def _planned(planned: Sequence[Live]) -> list[tuple[date, str, list[str], bool]]:
    """The plan by day and force: which services begin."""
    found: dict[tuple[date, str], list[Live]] = {}
    for one in planned:
        found.setdefault((one.day, one.force), []).append(one)
    return [(day, force, [service_title(one.service) for one in some], some[0].assumed) for (day, force), some in found.items()]


def _months(found: Programme) -> list[tuple[str, Month]]:
    by_month: dict[str, Month] = {}
    for (month, _), one in found.months.items():
        by_month[month] = by_month.get(month, Month()) + one
    return sorted(by_month.items(), reverse=True)


def _live(found: Programme) -> Chart:
    """How many forces were live with anything, day by day."""
    first: dict[str, date] = {}
    for one in found.live:
        first.setdefault(one.force, one.day)
    begun = Counter(first.values())
    days = sorted(begun)
    counts = [sum(begun[day] for day in days[: number + 1]) for number in range(len(days))]
    says = f"{found.forces_live} of {found.forces} forces take reports; the last began on {days[-1]}." if days else "No force is live."

    def draw(axes: "Axes") -> None:
        if days:
            axes.plot([*days, found.today], [*counts, counts[-1]], drawstyle="steps-post", color=BLUE, linewidth=2)  # type: ignore[arg-type]  # dates
        axes.tick_params(axis="x", labelsize=9)
        quiet(axes, "y", found.forces)

    svg = picture("live", "Forces live", says, draw)
    rows: tuple[Row, ...] = tuple((day.isoformat(), n) for day, n in zip(days, counts, strict=True))
    return Chart("live", "Forces live", says, svg, ("From", "Forces"), rows)


def _monthly(found: Programme) -> Chart:
    """Reports due each month, those delivered by themselves apart."""
    shown = list(reversed(_months(found)[:24]))
    months = [month for month, _ in shown]
    automatic, rest = [one.automatic for _, one in shown], [one.due - one.automatic for _, one in shown]
    says = f"{found.total.due:,} reports were due in {len(months)} month{'' if len(months) == 1 else 's'}." if months else "No reports yet."

    def draw(axes: "Axes") -> None:
        places = range(len(months))
        axes.bar(places, automatic, color=BLUE, width=0.72, label="delivered automatically")
        axes.bar(
            places, rest, bottom=automatic, color=PALE, hatch="//", edgecolor="white", width=0.72, label="by hand, by email, or not yet"
        )
        axes.set_xticks(places, months, fontsize=9, rotation=0 if len(months) < 9 else 45)
        axes.set_xlim(-0.8, max(4.8, len(months) - 0.2))
        quiet(axes, "y", max((one.due for _, one in shown), default=0))
        axes.legend(loc="lower right", frameon=False, fontsize=9, ncols=2, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)

    svg = picture("monthly", "Reports each month", says, draw)
    head = ("Month", "Service", "Due", "Delivered", "Automatically")
    rows = tuple((month, service_title(name), one.due, one.delivered, one.automatic) for (month, name), one in found.months.items())
    return Chart("monthly", "Reports each month, by service", says, svg, head, rows)
