"""Whether drops arrived in the order of their numbers, and whether a force can account for every number, by what it holds alone."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from hub.words import PayloadKind
from sandbox.holdings import Held, HeldPayload

_KEY = re.compile(r"(?P<lane>.+\.[a-z]+\.[a-z0-9]{4})\.(?P<number>[0-9]{6})(?:[./].*)?")  # kent.records-system.routine.k7q2.000017


@dataclass
class _Lane:
    """The numbers of one route, lane and series: as drops came, as requests were refused, as manifests announced them void."""

    came: list[int] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    voided: dict[int, int] = field(default_factory=dict)  # and in which number's manifest

    def faults(self) -> Iterator[str]:
        for before, after in zip(self.came, self.came[1:], strict=False):
            if after < before:
                yield f"{after} came after {before}"
        known = {*self.came, *self.refused, *(number for number, where in self.voided.items() if where > number)}
        for number in sorted(set(range(1, max(self.came, default=0))) - known):
            yield f"{number} never came, and no later manifest says that it is void"


def out_of_order(held: Mapping[tuple[str, str], Held]) -> list[str]:
    """Every drop that came before an earlier one, and every gap that nobody announced."""
    lanes: dict[str, _Lane] = defaultdict(_Lane)
    for one in held.values():
        for payload in one.payloads:
            _take(lanes, payload, by_manifest=one.stand.manifest)
        for refusal in one.refusals:
            if match := _KEY.fullmatch(refusal.key):
                lanes[match["lane"]].refused.add(int(match["number"]))
    return [f"{name}: {fault}" for name, lane in sorted(lanes.items()) for fault in lane.faults()]


def _take(lanes: dict[str, _Lane], payload: HeldPayload, *, by_manifest: bool) -> None:
    """A drop has come with its manifest; where there is none, with each request that bears its number."""
    match = _KEY.fullmatch(payload.key)
    if match is None or by_manifest != (payload.kind is PayloadKind.MANIFEST):
        return
    lane, number = lanes[match["lane"]], int(match["number"])
    lane.came.append(number)
    if by_manifest:
        lane.voided |= dict.fromkeys(orjson.loads(payload.read())["voided"], number)
