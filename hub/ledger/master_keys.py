"""The keys that the data keys are wrapped with. They lie outside the ledger: here they are only named, and asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hub.contracts import MasterKey


@dataclass(frozen=True)
class MasterKeys:
    """Master keys by name. `newest` wraps what is made now, all of them unwrap. None at all: the ledger is not encrypted, a demo's.

    `plain_too`: what is not encrypted yet is read as well; otherwise it counts as altered, for anybody could have put it there.
    """

    newest: MasterKey | None = None
    plain_too: bool = True
    by_name: Mapping[str, MasterKey] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @classmethod
    def of(cls, keys: Iterable[MasterKey], *, plain_too: bool = False) -> "MasterKeys":
        """These keys, the newest first."""
        named = {key.name: key for key in keys}
        return cls(next(iter(named.values())), plain_too, MappingProxyType(named))


NO_MASTERS = MasterKeys()
