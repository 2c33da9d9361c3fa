"""The charts of a page. Each has its picture, a sentence that says what it shows, and the same figures as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hub.pages.drawing import BLUE, GREY, INK, ORANGE, PALE, RED, picture
from hub.pages.facts import Facts
from hub.reports.services import SERVICES
from hub.steps.worklist import Advice
from hub.words import Cause, State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer

Row = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with its words: `says` in a sentence, `head` and `rows` as a table for those who cannot see it."""

    name: str
    title: str
    says: str
    svg: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]


def charts(facts: Facts, advice: Advice) -> list[Chart]:
    """Every chart of a page, in the order in which they stand."""
    return [volumes(facts), services(facts), delivery(facts), quarantine(facts, advice)]


def volumes(facts: Facts) -> Chart:
    """Reports picked up on each day."""
    by_day: Counter[date] = Counter()
    for cell, n in facts.volumes.items():
        by_day[cell.day] += n
    shown, period = facts.period.shown, facts.period
    counts = [by_day[day] for day in shown]
    says = (
        f"{facts.total:,} reports were picked up in this period; the days shown brought {sum(counts) / len(counts):,.0f} each on average."
    )

    def draw(axes: "Axes") -> None:
        colours = [BLUE if period.first <= day <= period.last else PALE for day in shown]
        bars = axes.bar(range(len(shown)), counts, color=colours, width=0.72)
        few = len(shown) <= 14
        axes.set_xticks(range(len(shown)), [f"{day:%a}\n{day.day}" if few else str(day.day) for day in shown], fontsize=9 if few else 8)
        if few:
            _label(axes, bars, counts)
        quiet(axes, "y", max(counts))

    svg = picture("volumes", "Reports picked up each day", says, draw)
    return Chart("volumes", "Reports each day", says, svg, ("Day", "Reports"), tuple((f"{d:%a} {d.isoformat()}", by_day[d]) for d in shown))


def services(facts: Facts) -> Chart:
    """Reports of each service, and how many of them the forces have."""
    ordered = facts.services.most_common()
    has = {name: facts.outcomes[name, State.DELIVERED] + facts.outcomes[name, State.ACCEPTED] for name, _ in ordered}
    titles = [service_title(name) for name, _ in ordered]
    says = f"{ordered[0][1]:,} of {facts.services.total():,} are of the service {titles[0]}." if ordered else "No reports were picked up."

    def draw(axes: "Axes") -> None:
        places = range(len(ordered))
        arrived, others = [has[name] for name, _ in ordered], [n - has[name] for name, n in ordered]
        axes.barh(places, arrived, color=BLUE, label="with the force")
        bars = axes.barh(places, others, left=arrived, color="white", edgecolor=ORANGE, hatch="////", label="not yet, or elsewhere")
        _label(axes, bars, [n for _, n in ordered])
        axes.set_yticks(places, titles)
        _from_the_top(axes, len(ordered))
        quiet(axes, "x", max((n for _, n in ordered), default=0))
        _legend(axes)

    svg = picture("services", "Reports of each service", says, draw, max(2.0, 0.27 * len(ordered) + 0.8))
    rows = tuple((service_title(name), n, has[name], n - has[name]) for name, n in ordered)
    return Chart("services", "Reports of each service", says, svg, ("Service", "Reports", "With the force", "Not yet, or elsewhere"), rows)


_STEPS = (
    ("under 15 min", 900.0),
    ("15 min to 1 h", 3_600.0),
    ("1 to 4 h", 14_400.0),
    ("4 to 24 h", 86_400.0),
    ("over a day", float("inf")),
)


def delivery(facts: Facts) -> Chart:
    """How long reports took from submission to delivery, and how many are not delivered."""
    times = facts.all_times
    waits = facts.in_state(State.WAITING, State.SEALED, State.HELD, State.QUARANTINED, State.IN_DOUBT)
    counts = Counter(next(name for name, limit in _STEPS if seconds < limit) for seconds in times)
    rows: list[tuple[str, int]] = [*((name, counts[name]) for name, _ in _STEPS), ("not delivered", waits)]
    says = f"{_marks(times)} {waits:,} are not delivered."

    def draw(axes: "Axes") -> None:
        numbers = [n for _, n in rows]
        bars = axes.bar(range(len(rows)), numbers, color=[BLUE] * 5 + ["white"], edgecolor=[BLUE] * 5 + [ORANGE], width=0.72)
        bars[-1].set_hatch("////")
        _label(axes, bars, numbers)
        axes.set_xticks(
            range(len(rows)),
            [name.replace(" to ", "–\n").replace("under ", "under\n").replace(" ", "\u00a0") for name, _ in rows],
            fontsize=9,
        )
        quiet(axes, "y", max(numbers))

    svg = picture("delivery", "Time from submission to delivery", says, draw)
    return Chart("delivery", "Time from submission to delivery", says, svg, ("Took", "Reports"), tuple(rows))


_AGES = ("under 1 h", "1 to 24 h", "over a day")
_LOOKS = ((PALE, ""), (ORANGE, "//"), (RED, "xx"))


def quarantine(facts: Facts, advice: Advice) -> Chart:
    """What is in quarantine now, by its cause and how long it has waited."""
    found: Counter[tuple[str, str]] = Counter()
    too_old = 0
    for wait in facts.waits:
        age = facts.drawn_up - wait.since
        found[advice.get(wait.code, ("other", ""))[0] or "other", _age(age)] += wait.reports
        too_old += wait.reports if age > facts.ages[wait.gravity] else 0
    causes = [cause for cause in (*map(str, Cause), "other") if any(found[cause, age] for age in _AGES)]
    says = (
        f"{found.total():,} are in quarantine now, {too_old:,} of them for longer than they may be."
        if found
        else "Nothing is in quarantine."
    )

    def draw(axes: "Axes") -> None:
        left = [0] * len(causes)
        for age, (colour, hatch) in zip(_AGES, _LOOKS, strict=True):
            counts = [found[cause, age] for cause in causes]
            bars = axes.barh(range(len(causes)), counts, left=left, color=colour, hatch=hatch, edgecolor="white", label=age)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        if causes:
            _label(axes, bars, left)
        axes.set_yticks(range(len(causes)), causes)
        _from_the_top(axes, len(causes))
        quiet(axes, "x", max(left, default=0))
        _legend(axes)

    svg = picture("quarantine", "In quarantine by cause and age", says, draw, max(1.9, 0.36 * len(causes) + 0.8))
    rows: tuple[Row, ...] = tuple((cause, *(found[cause, age] for age in _AGES)) for cause in causes)
    return Chart("quarantine", "In quarantine by cause and age", says, svg, ("Cause", *_AGES), rows)


def took(seconds: float) -> str:
    """A duration as people say it: `42 s`, `12 min`, `3.5 h`, `2.1 days`."""
    for limit, unit, name in ((90, 1, "s"), (5_400, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.{1 if name == 'h' else 0}f} {name}"
    return f"{seconds / 86_400:.1f} days"


def share(times: Sequence[float], part: float) -> float:
    """The time within which this part of them was delivered. `times` go up, and are not empty."""
    return times[min(len(times) - 1, int(part * len(times)))]


def _marks(times: Sequence[float]) -> str:
    if not times:
        return "Nothing was delivered."
    half, most = took(share(times, 0.5)), took(share(times, 0.95))
    return f"Half were delivered within {half}, 95 % within {most}, the last after {took(times[-1])}."


def _age(age: timedelta) -> str:
    return _AGES[0] if age < timedelta(hours=1) else _AGES[1] if age <= timedelta(days=1) else _AGES[2]


def service_title(name: str) -> str:
    """What a service is called, short."""
    return SERVICES[name].title.partition(" (")[0] if name in SERVICES else name


def _label(axes: "Axes", bars: "BarContainer", counts: Sequence[int]) -> None:
    axes.bar_label(bars, [f"{n:,}" if n else "" for n in counts], padding=2, fontsize=9, color=INK)


def quiet(axes: "Axes", along: str, most: int) -> None:
    """No ticks along the numbers where each bar has its own; room for it, and whole numbers only."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis = axes.yaxis if along == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_axisbelow(True)
    axes.grid(axis="y" if along == "y" else "x", color=GREY, alpha=0.2)
    (axes.set_ylim if along == "y" else axes.set_xlim)(0, max(1, most) * 1.15)


def _from_the_top(axes: "Axes", bars: int) -> None:
    """The first bar at the top; few of them are no thicker than many."""
    axes.set_ylim(max(bars, 3) - 0.5, -0.5)


def _legend(axes: "Axes") -> None:
    axes.legend(loc="lower right", frameon=False, fontsize=9, ncols=3, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
