"""Alarms: one row for each thing that is wrong, from when it is first seen until it is over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.alarms import AlarmKind
from hub.ledger.engine import Turn, take_turn
from hub.ledger.ledger import Ledger
from hub.ledger.tables import alarms

_DETAIL = 500  # characters

Cause = tuple[AlarmKind, str, str]  # kind, force, subject


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now. `subject` tells it from others of its kind and force; `detail` may change while it stands."""

    kind: AlarmKind
    force: str
    subject: str = ""
    number: int = 1
    detail: str = ""

    @property
    def cause(self) -> Cause:
        return (self.kind, self.force, self.subject)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trouble with the time since when it stands, and until when it did."""

    id: int
    trouble: Trouble
    raised_at: datetime
    cleared_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a look made new: each alarm that it raised, and each that it found over."""

    raised: tuple[Alarm, ...] = ()
    cleared: tuple[Alarm, ...] = ()


def keep(ledger: Ledger, kinds: Collection[AlarmKind], troubles: Iterable[Trouble], at: datetime) -> Changed:
    """Make the standing alarms of these kinds agree with what is wrong now. Seen again, an alarm changes nothing but its number and detail.

    Workers take turns: of two that see the same, one raises it.
    """
    seen = {trouble.cause: trouble for trouble in troubles}
    if not seen and not any(alarm.trouble.kind in kinds for alarm in standing(ledger)):
        return Changed()
    with ledger.write() as connection:
        take_turn(connection, Turn.ALARM)
        stand = {alarm.trouble.cause: alarm for alarm in _standing(connection) if alarm.trouble.kind in kinds}
        raised = [_raise(connection, seen[cause], at) for cause in sorted(seen.keys() - stand.keys())]
        for cause in seen.keys() & stand.keys():
            _renew(connection, stand[cause], seen[cause])
        cleared = [_clear(connection, stand[cause], at) for cause in sorted(stand.keys() - seen.keys())]
    return Changed(tuple(raised), tuple(cleared))


def standing(ledger: Ledger) -> list[Alarm]:
    """Every alarm that stands, the oldest first."""
    with ledger.read() as connection:
        return _standing(connection)


def ever(ledger: Ledger, at_most: int) -> list[Alarm]:
    """The alarms of all time, the newest first."""
    with ledger.read() as connection:
        return [alarm_of(row) for row in connection.execute(select(alarms).order_by(alarms.c.id.desc()).limit(at_most))]


@dataclass(frozen=True, slots=True)
class ToTell:
    """What is to be told of alarms: those that were raised, and those that are over."""

    raised: tuple[Alarm, ...] = ()
    cleared: tuple[Alarm, ...] = ()


def to_tell(ledger: Ledger) -> ToTell:
    """The alarms that nobody was told of yet, and those told of that are over. What was over before it could be told is not told."""
    a = alarms.c
    stands, over = a.cleared_at.is_(None), a.cleared_at.is_not(None)
    query = select(alarms).order_by(a.id)
    with ledger.read() as connection:
        raised = connection.execute(query.where(stands, a.raised_told_at.is_(None))).all()
        cleared = connection.execute(query.where(over, a.raised_told_at.is_not(None), a.cleared_told_at.is_(None))).all()
    return ToTell(tuple(map(alarm_of, raised)), tuple(map(alarm_of, cleared)))


def told(ledger: Ledger, what: ToTell, at: datetime) -> None:
    """These have been told."""
    with ledger.write() as connection:
        for column, some in ((alarms.c.raised_told_at, what.raised), (alarms.c.cleared_told_at, what.cleared)):
            if some:
                connection.execute(update(alarms).where(alarms.c.id.in_([alarm.id for alarm in some])).values({column: at}))


def _standing(connection: Connection) -> list[Alarm]:
    query = select(alarms).where(alarms.c.cleared_at.is_(None)).order_by(alarms.c.raised_at, alarms.c.id)
    return [alarm_of(row) for row in connection.execute(query)]


def alarm_of(row: Row[Any]) -> Alarm:
    """An alarm from its row."""
    trouble = Trouble(AlarmKind(row.kind), row.force, row.subject, row.number, row.detail or "")
    return Alarm(row.id, trouble, row.raised_at, row.cleared_at)


def _raise(connection: Connection, trouble: Trouble, at: datetime) -> Alarm:
    row = {"kind": trouble.kind, "force": trouble.force, "subject": trouble.subject, "number": trouble.number}
    new = insert(alarms).values(**row, detail=trouble.detail[:_DETAIL], raised_at=at).returning(alarms.c.id)
    return Alarm(connection.execute(new).scalar_one(), trouble, at)


def _renew(connection: Connection, alarm: Alarm, trouble: Trouble) -> None:
    if alarm.trouble != trouble:
        step = update(alarms).where(alarms.c.id == alarm.id)
        connection.execute(step.values(number=trouble.number, detail=trouble.detail[:_DETAIL]))


def _clear(connection: Connection, alarm: Alarm, at: datetime) -> Alarm:
    connection.execute(update(alarms).where(alarms.c.id == alarm.id).values(cleared_at=at))
    return Alarm(alarm.id, alarm.trouble, alarm.raised_at, at)
