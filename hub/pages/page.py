"""The pages of a period: one of the nation, and one of each force that may be sent to that force. Each is one file that needs no other."""

import os
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hub.clock import LONDON
from hub.pages.charts import Chart, charts
from hub.pages.concerns import Concern, Health, grouped, health
from hub.pages.facts import Facts, Gathered
from hub.pages.tiles import PLACES
from hub.reports.services import SERVICES
from hub.steps.worklist import Advice
from hub.words import State

if TYPE_CHECKING:
    from jinja2 import Environment

SHOWN = (State.ACCEPTED, State.DELIVERED, State.SEALED, State.WAITING, State.HELD, State.QUARANTINED, State.IN_DOUBT)
REST = tuple(state for state in State if state not in SHOWN)  # duplicates, and what went elsewhere


def write(gathered: Gathered, advice: Advice, folder: Path) -> Iterator[Path]:
    """Write `2026-11-22.html` into the folder, and each force's page into `2026-11-22/`, replacing what is there whole. Raises OSError."""
    name = gathered.nation.period.name
    yield _put(folder / f"{name}.html", nation(gathered, advice))
    for force in gathered.nation.names:
        yield _put(folder / name / f"{force}.html", of_force(gathered, force, advice))


def nation(gathered: Gathered, advice: Advice, drawn: list[Chart] | None = None, frame: object = None) -> str:
    """The page of all forces. Charts that are `drawn` already are not drawn again; `frame` is what stands around a page that is served."""
    facts = gathered.nation
    shown = charts(facts, advice) if drawn is None else drawn
    return _page("nation.html", facts, shown, tiles=_tiles(facts), forces=_forces(facts), frame=frame)


def of_force(gathered: Gathered, force: str, advice: Advice, drawn: list[Chart] | None = None, frame: object = None) -> str:
    """The page of one force, made from its own facts alone."""
    facts = gathered.of(force)
    shown = charts(facts, advice) if drawn is None else drawn
    own = {"name": facts.names[force], "health": _health(facts, force), "codes": _codes(facts, advice)}
    return _page("force.html", facts, shown, **own, frame=frame)


def _page(template: str, facts: Facts, drawn: list[Chart], **others: object) -> str:
    outcomes = [
        (
            SERVICES[service].title if service in SERVICES else service,
            n,
            *(facts.outcomes[service, state] for state in SHOWN),
            _rest(facts, service),
        )
        for service, n in facts.services.most_common()
    ]
    common = {
        "facts": facts,
        "charts": drawn,
        "concerns": grouped(facts.concerns),
        "outcomes": outcomes,
        "states": SHOWN,
        "figures": _figures(facts),
    }
    return environment().get_template(template).render(common | others)


def _rest(facts: Facts, service: str) -> int:
    return sum(facts.outcomes[service, state] for state in REST)


def _figures(facts: Facts) -> list[tuple[str, int, str]]:
    """The few numbers at the top: what came, where it is."""
    return [
        ("picked up", facts.total, ""),
        ("with the force", facts.in_state(State.DELIVERED, State.ACCEPTED), f"{facts.in_state(State.ACCEPTED):,} accepted"),
        ("on their way", facts.in_state(State.WAITING, State.SEALED, State.HELD), f"{facts.in_state(State.HELD):,} held"),
        ("in quarantine", facts.in_state(State.QUARANTINED), ""),
        ("in doubt", facts.in_state(State.IN_DOUBT), ""),
    ]


def _health(facts: Facts, force: str) -> Health:
    own: list[Concern] = [concern for concern in facts.concerns if concern.force == force]
    return health(own, facts.states.get(force, {}))


def _tiles(facts: Facts) -> list[dict[str, object]]:
    """A tile for each force, in the order of reading. One that has no place yet stands below the others."""
    below = (len(PLACES), 0)
    found: list[dict[str, object]] = []
    for extra, slug in enumerate(sorted(facts.names, key=lambda slug: (*PLACES.get(slug, (*below, ""))[:2], slug))):
        row, column, short = PLACES.get(slug, (10 + extra // 8, extra % 8 + 1, slug[:5].upper()))
        count = sum(facts.states.get(slug, {}).values())
        found.append({"slug": slug, "row": row, "column": column, "short": short, "health": _health(facts, slug), "count": count})
    return found


def _forces(facts: Facts) -> list[tuple[str, Health, tuple[int, ...]]]:
    """Each force as a row: how well it is, what was picked up, and in which states it stands."""
    known = [*facts.names, *sorted(facts.states.keys() - facts.names.keys())]
    rows: list[tuple[str, Health, tuple[int, ...]]] = []
    for slug in known:
        counted = facts.states.get(slug, {})
        numbers = (sum(counted.values()), *(counted.get(state, 0) for state in SHOWN), sum(counted.get(state, 0) for state in REST))
        rows.append((slug, _health(facts, slug), numbers))
    return rows


def _codes(facts: Facts, advice: Advice) -> list[tuple[str, int, datetime, str]]:
    """What is in quarantine by code: how many, since when the oldest, and what to do."""
    found: dict[str, tuple[int, datetime]] = {}
    for wait in facts.waits:
        n, since = found.get(wait.code, (0, wait.since))
        found[wait.code] = (n + wait.reports, min(since, wait.since))
    return [(code, n, since, advice.get(code, ("", ""))[1]) for code, (n, since) in sorted(found.items(), key=lambda item: -item[1][0])]


@cache
def environment() -> "Environment":
    """The templates: everything that goes into them is escaped, and what they lack is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(loader=PackageLoader("hub.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["at"] = lambda instant: f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}"
    made.filters["number"] = lambda n: f"{n:,}"
    made.globals |= {"Health": Health, "frame": None}
    return made


def _put(path: Path, page: str) -> Path:
    """Whole or not at all: somebody may be reading the page that it replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(page, encoding="utf-8")
    os.replace(unfinished, path)
    return path
