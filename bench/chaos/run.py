"""One run: the sample is handed out while far ends fail and workers die; then all is calm, and the far ends are judged."""

import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import yaml

from adapters.ledgers import open_ledger
from bench.chaos.intake import Intake, fates, sent
from bench.chaos.moving import Moving, moving
from bench.chaos.nursery import Nursery
from bench.chaos.plan import AT, RETRY, TIMEOUTS, Blow, Plan, Sky, blows, strokes, weather
from bench.chaos.verdict import Verdict, judge
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT, Settings
from sandbox.sample import build
from sandbox.stand_ins import StandIns

_TICK = 0.05  # seconds
_STILL = 0.3  # seconds that nothing may move: more than one look, since workers go on while one is taken
_SETTLES = 5.0  # seconds that an acknowledgement has to settle what is in doubt, when nothing else moves any more
_LAST_PORTION = 4.0  # seconds after which the next portion comes, whatever is still on its way

Watcher = Callable[[int, int, int], None]  # kills, faults, reports that have come to an end


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `left` is what had not come to an end when its patience was at its end, `defects` what no worker may raise."""

    COUNTED: ClassVar = ("lost", "duplicated", "altered", "out_of_sequence", "in_doubt", "wrong_outcomes", "repeated_sends")

    plan: Plan
    verdict: Verdict
    kills: int
    pauses: int
    faults: Counter[str]
    left: dict[str, int]
    defects: str
    wall_seconds: float

    @property
    def right(self) -> bool:
        enough = self.kills >= self.plan.kills and strokes(self.faults) >= self.plan.faults
        return enough and self.verdict.right and not self.left and not self.defects

    def told(self) -> dict[str, object]:
        """The run in one line of JSON."""
        plan, verdict = self.plan, self.verdict
        head = {"seed": plan.seed, "reports": plan.reports, "ledger": plan.ledger, "workers": plan.workers}
        counted = {name: getattr(verdict, name) for name in self.COUNTED}
        struck = {"kills": self.kills, "pauses": self.pauses, "faults": self.faults.total()}
        kinds = {"faults_by_kind": dict(sorted(self.faults.items()))}
        end = {"left": self.left, "defects": self.defects.count("\n\n"), "balanced": verdict.balanced, "right": self.right}
        return {**head, **counted, **struck, **kinds, **end, "wall_s": round(self.wall_seconds, 1)}


def run(plan: Plan, folder: Path, url: str, watcher: Watcher = lambda _kills, _faults, _ended: None) -> Outcome:
    """Everything of a run lies in `folder`, but for a ledger on PostgreSQL, which is at `url`."""
    began = time.monotonic()
    registry = Registry.load(PROJECT / "mappings")
    lines = max(1, plan.reports // 40)  # to a file of many: the intake is to be handed out in portions
    build(plan.reports, folder, plan.seed, datetime.fromisoformat(AT), None, registry, ndjson_lines=lines)
    said = sent(folder)
    intake = Intake(folder, folder / "home" / "intake", plan)
    with StandIns(folder / "far-ends", PROJECT / "mappings", AT) as stand_ins:
        environment = _environment(folder, url, stand_ins)
        ledger = open_ledger(Settings.read(environment))
        try:
            with Nursery(plan.workers, environment, folder / "defects.txt") as nursery:
                storm = _Storm(plan, intake, stand_ins, nursery, ledger, sorted(registry.forces), watcher)
                storm.rage()
                left = storm.calm()
            verdict = judge(ledger, registry, fates(folder / "expected.json"), said, stand_ins.holdings())
        finally:
            ledger.close()
        struck = stand_ins.struck()
    defects = folder / "defects.txt"
    told = defects.read_text() if defects.exists() else ""
    return Outcome(plan, verdict, nursery.kills, storm.pauses, struck, left, told, time.monotonic() - began)


def _environment(folder: Path, url: str, stand_ins: StandIns) -> dict[str, str]:
    """The workers' settings. Far ends that stall are given up soon, or a run would be nothing but waiting."""
    others = yaml.safe_load(stand_ins.endpoints.read_bytes())
    for routes in others.values():
        for route in routes.values():
            route["transport"]["timeouts"] = TIMEOUTS
    endpoints = folder / "endpoints.yaml"
    endpoints.write_text(yaml.safe_dump(others))
    key = folder / "key"
    key.write_text(secrets.token_hex(32))
    where = {"HUB_HOME": str(folder / "home"), "HUB_LEDGER_URL": url, "HUB_ENDPOINTS": str(endpoints)}
    return {**where, "HUB_KEYS": f"file:{key}", **RETRY}


class _Storm:
    """The part of a run in which things fail, and the calm after it."""

    def __init__(
        self, plan: Plan, intake: Intake, stand_ins: StandIns, nursery: Nursery, ledger: Ledger, forces: list[str], watcher: Watcher
    ) -> None:
        self._plan, self._intake, self._stand_ins = plan, intake, stand_ins
        self._nursery, self._ledger, self._watcher = nursery, ledger, watcher
        self._weather, self._blows = weather(plan.seed, forces), blows(plan.seed, plan.workers)
        self._asleep: dict[int, float] = {}  # until when
        self._last_kills = -1  # when the last portion was handed out
        self.pauses = 0

    def rage(self) -> None:
        """Strike until the intake is handed out, and enough was struck for it."""
        sky, blow = self._next_sky(), next(self._blows)
        cleared = struck = handed = time.monotonic()
        end = cleared + self._plan.patience
        while not (self._intake.handed_out and self._enough) and (now := time.monotonic()) < end:
            if now >= cleared + sky.seconds:
                sky, cleared = self._next_sky(), now
            if now >= struck + blow.after:
                self._strike(blow, now)
                blow, struck = next(self._blows), now
            if self._is_time(now - handed):
                self._intake.hand_out(all_of_it=self._enough)
                self._last_kills, handed = self._nursery.kills, now
            self._wake(now)
            time.sleep(_TICK)

    def calm(self) -> dict[str, int]:
        """No more faults, no more kills: until nothing moves any more. Returns what has not come to an end in time."""
        self._stand_ins.faults()
        self._wake(float("inf"))
        end = time.monotonic() + self._plan.patience
        quiet_since = None
        while time.monotonic() < end:
            now = self._moving()
            if now.on_their_way:
                quiet_since = None
            else:
                quiet_since = quiet_since or time.monotonic()
                if time.monotonic() > quiet_since + (_SETTLES if now.in_doubt else _STILL):
                    return {}
            time.sleep(_TICK * 4)
        return dict(self._moving().on_their_way)

    @property
    def _enough(self) -> bool:
        return self._nursery.kills >= self._plan.kills and strokes(self._stand_ins.struck()) >= self._plan.faults

    def _is_time(self, since: float) -> bool:
        """For the next portion: a worker was killed since the last one, and that is carried, or has had its time."""
        if self._intake.handed_out or self._nursery.kills <= self._last_kills:
            return False
        return since > _LAST_PORTION or (since > 1 and not self._moving().on_their_way)

    def _next_sky(self) -> Sky:
        sky = next(self._weather)
        self._stand_ins.faults(*sky.faults)
        return sky

    def _strike(self, blow: Blow, now: float) -> None:
        for worker in blow.workers:
            if blow.pause is None:
                self._nursery.kill(worker)
                self._asleep.pop(worker, None)
            elif worker not in self._asleep:
                self._nursery.stop(worker)
                self._asleep[worker] = now + blow.pause
                self.pauses += 1

    def _wake(self, now: float) -> None:
        for worker in [worker for worker, until in self._asleep.items() if until <= now]:
            del self._asleep[worker]
            self._nursery.go_on(worker)

    def _moving(self) -> Moving:
        """Where things stand; whoever watches is told."""
        found = moving(self._ledger, self._intake)
        self._watcher(self._nursery.kills, self._stand_ins.struck().total(), found.ended)
        return found
