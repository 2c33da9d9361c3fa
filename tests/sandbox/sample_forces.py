"""A registry of a few forces for the sample's own tests: no files, only what a sample asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Route:
    transport: Mapping[str, object]


@dataclass(frozen=True)
class Force:
    slug: str
    pnc_code: str
    nation: str = "England"
    over: str | None = "sftp"
    never: frozenset[str] = frozenset()
    since: date = date(2020, 1, 1)

    def not_live(self, service: str, day: date) -> str | None:
        if day < self.since:
            return "force-not-live"
        return "service-not-live" if service in self.never else None

    def primary_on(self, _day: date) -> Route | None:
        return Route({"name": self.over}) if self.over else None


@dataclass(frozen=True)
class Forces:
    forces: Mapping[str, Force] = field(default_factory=dict)


FIVE = Forces({
    force.slug: force
    for force in (
        Force("kent", "46"),
        Force("dyfed-powys", "63", nation="Wales"),
        Force("metropolitan", "01", over="rest"),
        Force("durham", "11", never=frozenset({"firearms-licensing"})),
        Force("norfolk", "36", since=date(2090, 1, 1)),
    )
})  # fmt: skip
