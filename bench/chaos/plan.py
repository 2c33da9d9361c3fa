"""What a run is asked to do, and all that its seed decides: the sample, the weather at the far ends, the blows to the workers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from sandbox.faults import KINDS, Fault, at_random

AT = "2026-11-22T06:00:00+00:00"  # the instant of every run: the same seed makes the same sample on any day
LEASE = 2.5  # seconds: a dead worker's claims are taken over soon, so that a short run sees it often
RETRY = {"HUB_RETRY_ATTEMPTS": "3", "HUB_RETRY_FIRST_SECONDS": "0.2", "HUB_RETRY_LONGEST_SECONDS": "1"}
TIMEOUTS = {"connect": 2, "answer": 1.2, "transfer": 4}  # seconds, of every transport: a far end that stalls is given up soon

LedgerKind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. It goes on striking until so many `kills` and `faults` (`strokes`) are reached, and then ends within `patience` or fails."""

    seed: int
    reports: int
    ledger: LedgerKind = "sqlite"
    workers: int = 2
    kills: int = 10
    faults: int = 50
    portions: int = 12  # in which the intake is filled: there is work as long as there is chaos
    patience: float = 180.0


def strokes(struck: Counter[str]) -> int:
    """How many of these faults struck somebody who was at a far end: an outage is counted also where nobody came meanwhile."""
    return struck.total() - struck["connection-refused"]


@dataclass(frozen=True, slots=True)
class Sky:
    """The faults that strike for so many seconds."""

    seconds: float
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Blow:
    """What happens to some workers, so many seconds after the blow before: they are killed, or stopped for `pause` seconds."""

    after: float
    workers: tuple[int, ...]
    pause: float | None = None


def weather(seed: int, forces: Sequence[str]) -> Iterator[Sky]:
    """One sky after the other, without end. One force's far end is down under all of them."""
    down = Random(f"{seed}/down").choice(forces)
    number = 0
    while True:
        rng = Random(f"{seed}/weather/{number}")
        seconds = rng.uniform(1.5, 4.0)
        yield Sky(seconds, (*_outages(rng, seconds, down, forces), *_troubles(rng, forces), *_misses(rng), *_background(rng)))
        number += 1


def blows(seed: int, workers: int) -> Iterator[Blow]:
    """Kills and pauses, without end. A pause outlasts the lease: its worker wakes up when another has its claims.

    They come in bursts, so that who takes over is struck too, with room between them in which the work can go on. Now and
    then all workers are struck at once, as when the power fails.
    """
    rng, everyone = Random(f"{seed}/blows"), tuple(range(workers))
    while True:
        after = rng.uniform(2.0, 5.0) if rng.random() < 0.25 else rng.uniform(0.05, 1.0)
        struck = everyone if rng.random() < 0.15 else (rng.randrange(workers),)
        pauses, length = rng.random() < 0.2, LEASE * rng.uniform(1.2, 1.8)
        yield Blow(after, struck, length if pauses else None)


def _background(rng: Random) -> tuple[Fault, ...]:
    """Every kind that passes by itself, at every chance."""
    return at_random(rng.getrandbits(32), rng.choice((0.01, 0.03, 0.08)), rng.uniform(0.2, 1.8))


def _outages(rng: Random, seconds: float, down: str, forces: Sequence[str]) -> Iterator[Fault]:
    """Far ends that are down as long as this sky lasts."""
    for force in {down, *rng.sample(forces, rng.randrange(4))}:
        yield Fault("connection-refused", force=force, seconds=seconds)


def _troubles(rng: Random, forces: Sequence[str]) -> Iterator[Fault]:
    """What stops a route until a person puts it right: here the sky clears instead."""
    for kind in rng.sample(("wrong-host-key", "password-refused", "permission-denied"), rng.randrange(3)):
        yield Fault(kind, force=rng.choice(forces))


_ELSEWHERE = tuple((kind, at) for kind in ("reset", "stall", "drip", "lost-response", "truncated") for at in KINDS[kind].elsewhere)


def _misses(rng: Random) -> Iterator[Fault]:
    """Faults at points where they do not strike by themselves. They come by count, so that no run stays calm by chance."""
    for kind, at in rng.sample(_ELSEWHERE, 8):
        yield Fault(kind, at=at, every=rng.randint(4, 20), times=10, seconds=rng.uniform(0.2, 1.8))
