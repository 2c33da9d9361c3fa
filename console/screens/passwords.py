"""Who may sign in: a line for each operator, with a name and what scrypt makes of the password. The password itself is kept nowhere.

alice scrypt:32768:8:3:<salt>:<key>
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

SHORTEST = 12  # characters
LONGEST = 256
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}")
_COST, _BLOCK, _PARALLEL = 2**15, 8, 3  # as OWASP names them: 32 MB and some 0.3 s for each try
_MEMORY = 64 * 1024 * 1024
_ONE_AT_A_TIME = Lock()  # a flood of tries costs one core and 32 MB, no more


@dataclass(frozen=True, slots=True)
class Hashed:
    """What is kept of a password."""

    cost: int
    block: int
    parallel: int
    salt: bytes
    key: bytes

    @classmethod
    def of(cls, password: str) -> "Hashed":
        salt = secrets.token_bytes(16)
        return cls(_COST, _BLOCK, _PARALLEL, salt, _scrypt(password, salt, _COST, _BLOCK, _PARALLEL))

    @classmethod
    def read(cls, text: str) -> "Hashed":
        """Raises ValueError for what no password was made into."""
        kind, *numbers, salt, key = text.split(":")
        cost, block, parallel = map(int, numbers)
        if kind != "scrypt" or not (2**14 <= cost <= 2**16 and cost & (cost - 1) == 0 and block == 8 and 1 <= parallel <= 8):
            raise ValueError("not made by this hub")
        return cls(cost, block, parallel, _bytes(salt), _bytes(key))

    def fits(self, password: str) -> bool:
        return hmac.compare_digest(self.key, _scrypt(password, self.salt, self.cost, self.block, self.parallel))

    def __str__(self) -> str:
        parts = (base64.b64encode(part).decode() for part in (self.salt, self.key))
        return ":".join(("scrypt", *map(str, (self.cost, self.block, self.parallel)), *parts))


def line_for(name: str, password: str) -> str:
    """The line that lets somebody in. Raises ValueError with what is wrong with the name or the password, never the password."""
    if not NAME.fullmatch(name):
        raise ValueError("A name has letters, digits and . _ @ - alone, begins with a letter or digit, and is at most 60 long.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"A password is {SHORTEST} to {LONGEST} characters long.")
    return f"{name} {Hashed.of(password)}"


def read_lines(text: str) -> dict[str, Hashed]:
    """Who may sign in, by name; empty lines and those that begin with # say nothing. Raises ValueError that names the line's number."""
    found: dict[str, Hashed] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, kept = line.strip().partition(" ")
        try:
            hashed = Hashed.read(kept.strip())
        except (ValueError, TypeError):
            raise ValueError(f"line {number} is none that `soh-hub serve --password-for NAME` wrote") from None
        if not NAME.fullmatch(name) or name in found:
            raise ValueError(f"line {number} has a name that is none, or that stands twice")
        found[name] = hashed
    return found


def lets_in(known: Mapping[str, Hashed], name: str, password: str) -> bool:
    """Whether this is the person's password. It takes as long for a name that nobody has."""
    hashed = known.get(name)
    with _ONE_AT_A_TIME:
        return (hashed or _nobody()).fits(password[:LONGEST]) and hashed is not None


def _nobody() -> Hashed:
    return Hashed(_COST, _BLOCK, _PARALLEL, b"nobody's own salt", b"")


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY + 2**20 * 64, dklen=32)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
