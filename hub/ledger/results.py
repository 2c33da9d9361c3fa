"""Results of payloads, and what they came to."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from hub.words import DropState, PayloadState


class Result(NamedTuple):
    """What became of one payload: `receipt` is the stable word of how we know, `code` why it was refused.

    `spoilt` names the file where it was not the force that refused it, but the hub's own copy that is gone or damaged (`hub.causes`).
    """

    payload_id: int
    state: PayloadState
    receipt: str | None = None
    reference: str | None = None
    code: str | None = None
    refused: tuple[tuple[str, str], ...] = ()  # reports of a batch: submission id and code
    spoilt: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What results came to: how its reports ended, which payloads must not be sent any more, and where the drop stands."""

    ends: Counter[PayloadState]
    voided: frozenset[int]
    drop: DropState


@dataclass(frozen=True, slots=True)
class End:
    """How a report's part in a drop ends."""

    state: PayloadState
    code: str | None = None
    reference: str | None = None
    spoilt: str | None = None


def is_news(known: str | None, told: PayloadState) -> bool:
    """What has no end yet gets one; of what was in doubt we may still hear that it arrived."""
    return known in (None, PayloadState.SEALED) or (known == PayloadState.IN_DOUBT and told == PayloadState.DELIVERED)
