"""What was kept of an attachment for judging it, and the codes that it is judged with."""

from dataclasses import dataclass, field

OTHER = "attachment-not-as-declared"
AMBIGUOUS = "attachment-ambiguous"
BOMB = "attachment-bomb"
ACTIVE = "attachment-active"
LOCKED = "attachment-locked"
NOT_ALLOWED = "attachment-not-allowed"
TOO_LARGE = "attachment-too-large"
TOO_MANY = "attachments-too-many"
OF_CONTENT = frozenset({OTHER, AMBIGUOUS, BOMB, ACTIVE, LOCKED, NOT_ALLOWED, TOO_LARGE, TOO_MANY})


@dataclass(frozen=True, slots=True)
class Seen:
    """The first and last bytes of a file of `size` bytes; of a document, `head` is all of it."""

    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    size: int
