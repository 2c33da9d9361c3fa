"""Who is in, and who has to wait: sessions and failed tries, kept in memory alone. A new start signs everybody out."""

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

IDLE, LONGEST = 30 * 60.0, 12 * 3_600.0  # seconds
TRIES, WITHIN = 5, 15 * 60.0  # so many failed ones by one name within so many seconds
TRIES_OF_ALL = 60
VIEWING = 15 * 60.0  # seconds for which a viewing that stands in the history goes on
_MOST = 2_000


@dataclass
class Session:
    """Somebody who is signed in. `who` is what the history is told; `viewing` is until when which report may be shown."""

    who: str
    begun: float
    seen: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))  # that every form of this session carries
    viewing: dict[int, float] = field(default_factory=dict)
    told: str = ""  # what the next page says that was done


class Doors:
    """Lets in who was let in before, and nobody for too long. Safe in any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._failed: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self._lock = Lock()

    def enter(self, who: str) -> tuple[str, Session]:
        """A new session, and the key of it that the browser keeps."""
        now, key = self._clock(), secrets.token_urlsafe(32)
        with self._lock:
            self._sessions = {name: one for name, one in self._sessions.items() if self._stands(one, now)}
            if len(self._sessions) >= _MOST:
                del self._sessions[min(self._sessions, key=lambda name: self._sessions[name].seen)]
            session = self._sessions[_name(key)] = Session(who, now, now)
        return key, session

    def find(self, key: str | None) -> Session | None:
        """The session of a key that a browser brings; None where there is none, or it was left alone for too long."""
        now = self._clock()
        with self._lock:
            session = self._sessions.get(_name(key)) if key else None
            if session is None or not self._stands(session, now):
                return None
            session.seen = now
            return session

    def leave(self, key: str | None) -> None:
        with self._lock:
            self._sessions.pop(_name(key or ""), None)

    def failed(self, name: str) -> None:
        """Somebody gave a wrong password for this name."""
        now = self._clock()
        with self._lock:
            if len(self._failed) >= _MOST:
                self._failed.pop(next(iter(self._failed)))
            self._failed.setdefault(name, deque()).append(now)
            self._all.append(now)

    def wait(self, name: str) -> float:
        """Seconds until another try by this name is looked at; 0 for now."""
        now = self._clock()
        with self._lock:
            return max(_wait(self._failed.get(name), TRIES, now), _wait(self._all, TRIES_OF_ALL, now))

    def let_view(self, session: Session, number: int) -> None:
        """From now on this report may be shown to the session, for as long as a viewing lasts."""
        session.viewing[number] = self._clock() + VIEWING

    def may_view(self, session: Session, number: int) -> bool:
        return session.viewing.get(number, 0.0) > self._clock()

    def _stands(self, session: Session, now: float) -> bool:
        return now - session.seen < IDLE and now - session.begun < LONGEST


def _wait(tries: deque[float] | None, most: int, now: float) -> float:
    while tries and now - tries[0] >= WITHIN:
        tries.popleft()
    return tries[-most] + WITHIN - now if tries and len(tries) >= most else 0.0


def _name(key: str) -> str:
    """What is kept of a key: whoever reads this memory cannot come in with it."""
    return hashlib.sha256(key.encode()).hexdigest()
