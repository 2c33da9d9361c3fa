"""The keys that seal the history. Without one its chain is of plain SHA-256: whoever writes to the database can make a new one."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

SHORTEST = 32  # bytes


class UnknownKey(LookupError):
    """A link was sealed with a key that is not at hand. Its argument is the key's name."""


@dataclass(frozen=True)
class HistoryKeys:
    """Keys by name. `newest` seals what is written now, all of them say whether a seal is right. Shows no key."""

    newest: str = ""
    _secrets: dict[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, secrets: Iterable[bytes]) -> "HistoryKeys":
        """The keys of these secrets, the newest first. Raises ValueError for one that could be guessed."""
        named: dict[str, bytes] = {}
        for secret in secrets:
            if len(secret) < SHORTEST:
                raise ValueError(f"a key of the history has {len(secret)} bytes: it needs {SHORTEST} at least")
            named[hashlib.sha256(b"soh-hub history key\n" + secret).hexdigest()[:8]] = secret
        return cls(next(iter(named), ""), named)

    def digest(self, name: str, message: bytes) -> str:
        """The HMAC-SHA-256 of a message under the key of this name, or its SHA-256 where the name is empty. Raises UnknownKey."""
        if not name:
            return hashlib.sha256(message).hexdigest()
        if name not in self._secrets:
            raise UnknownKey(name)
        return hmac.digest(self._secrets[name], message, "sha256").hex()


NO_KEYS = HistoryKeys()
