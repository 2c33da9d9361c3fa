"""How values are written: for each format, the kinds of value that it takes and the step that writes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hub.clock import LONDON
from hub.mapping.letters import harmless, on_one_line, only_these, to_ascii, to_cp1252, without_controls
from hub.mapping.record import Signal, Value
from hub.mapping.run import Run, Step, plainly
from hub.reports.paths import Kind

TEXTS = frozenset({Kind.TEXT, Kind.CODE})
TYPED = frozenset({"integer", "decimal", "boolean"})  # these keep a type of their own; all others give a text


class Unfit(Exception):
    """A format does not take this kind of value: found when the map is loaded. The text says so."""


def steps_for(kind: Kind, formats: Sequence[str], path: str, *, translated: bool = False) -> list[Step]:
    """The steps that write a value of this kind at the target `path`; without a format it becomes a text. Raises Unfit.

    `translated`: the value is a translation of a code list, whose rows are known to fit a typed format.
    """
    steps: list[Step] = [_tidy(path)] if kind is Kind.TEXT else []
    for name in formats:
        if name in TYPED and kind in TEXTS and translated:
            return [*steps, _typed_step(name)]
        step, takes = _step(name, path)
        if kind not in takes and name in _FOR_TEXTS:
            steps.append(_AS_TEXT[kind])
        elif kind not in takes:
            raise Unfit(f"the format {name!r} takes a {' or a '.join(sorted(takes))}, not a {kind}")
        steps.append(step)
        if name in TYPED:
            return steps
        kind = Kind.CODE
    return steps if kind in TEXTS else [*steps, _AS_TEXT[kind]]


def typed(text: str, formats: Sequence[str]) -> Value:
    """A text of the map itself (a literal, a default, a code list's value) in the type that the formats give. Raises ValueError."""
    for name in formats:
        if name in TYPED:
            return _TYPES[name](text)
    return text


def as_text(kind: Kind) -> Callable[[Any], str]:
    """How a value of this kind is compared with the texts of a condition."""
    return _TEXT_OF.get(kind, str)


def limit(most: int, path: str) -> Step:
    """Cuts a text to `most` characters; signalled as `truncated`."""
    signal = Signal("truncated", path)

    def cut(value: str, run: Run) -> str:
        if len(value) <= most:
            return value
        run.signals.append(signal)
        return value[:most]

    return Step(cut, untouched=f"len({{}}) <= {most}")


def characters(allowed: str, path: str) -> Step:
    """Writes a text in these characters alone; signalled as `transliterated`."""
    return _rewritten(only_these(allowed), "transliterated")(path)


def without_formulas(path: str) -> Step:
    """Puts an apostrophe before what a spreadsheet would run; signalled as `formula`."""
    return _rewritten(harmless, "formula", "{}[:1].isalnum()")(path)


def in_letters(text: str, letters: str | None) -> str:
    """A text of the map itself, transliterated once and for all where the target cannot hold its letters."""
    return _LETTERS[letters](text) if letters else text


_LETTERS: dict[str, Callable[[str], str]] = {"ascii": to_ascii, "cp1252": to_cp1252}


@dataclass(frozen=True)
class _Plain:
    """A format that needs nothing but the value."""

    takes: frozenset[Kind]
    write: Callable[[Any], Any]


def _date(value: date) -> str:
    """An instant's day is the one in Europe/London."""
    return _day(value).isoformat()


def _date_utc(value: datetime) -> str:
    return value.astimezone(UTC).date().isoformat()


def _year(value: date) -> str:
    return f"{_day(value).year:04d}"


def _date_uk(value: date) -> str:
    return _day(value).strftime("%d/%m/%Y")


def _day(value: date) -> date:
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value


def _time_utc(value: datetime) -> str:
    return _datetime_utc(value).partition("T")[2]


def _time_offset(value: datetime) -> str:
    return _datetime_offset(value).partition("T")[2]


def _datetime_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _datetime_offset(value: datetime) -> str:
    return value.astimezone(LONDON).isoformat(timespec="seconds")


def _number(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _national(value: str) -> str:
    """`+447700900123` as `07700900123`; a foreign number as it is dialled from here."""
    return f"0{value[3:]}" if value.startswith("+44") else f"00{value[1:]}" if value.startswith("+") else value


_DAYS = frozenset({Kind.DATE, Kind.INSTANT})
_INSTANTS = frozenset({Kind.INSTANT})
_FOR_TEXTS = frozenset({"upper", "national-phone", "one-line", "ascii", "cp1252"})  # what is no text becomes one first

_PLAIN: dict[str, _Plain] = {
    "date": _Plain(_DAYS, _date),
    "date-uk": _Plain(_DAYS, _date_uk),
    "date-utc": _Plain(_INSTANTS, _date_utc),
    "year": _Plain(_DAYS, _year),
    "time-utc": _Plain(_INSTANTS, _time_utc),
    "time-offset": _Plain(_INSTANTS, _time_offset),
    "datetime-utc": _Plain(_INSTANTS, _datetime_utc),
    "datetime-offset": _Plain(_INSTANTS, _datetime_offset),
    "boolean": _Plain(frozenset({Kind.BOOLEAN}), bool),
    "yes-no": _Plain(frozenset({Kind.BOOLEAN}), lambda value: "Y" if value else "N"),
    "one-zero": _Plain(frozenset({Kind.BOOLEAN}), lambda value: "1" if value else "0"),
    "integer": _Plain(frozenset({Kind.INTEGER}), int),
    "decimal": _Plain(frozenset({Kind.DECIMAL, Kind.INTEGER}), _number),
    "upper": _Plain(TEXTS, str.upper),
    "national-phone": _Plain(TEXTS, _national),
}


def _step(name: str, path: str) -> tuple[Step, frozenset[Kind]]:
    if name in _SIGNALLING:
        takes, make = _SIGNALLING[name]
        return make(path), takes
    return plainly(_PLAIN[name].write), _PLAIN[name].takes


def _tidy(path: str) -> Step:
    """Takes out the characters that XML 1.0 cannot hold, for every format alike: the one place where that is done."""
    signal = Signal("control-character", path)

    def tidy(value: str, run: Run) -> str:
        written = without_controls(value)
        if written != value:
            run.signals.append(signal)
        return written

    return Step(tidy, untouched="{}.isprintable()")  # most are, and this is the fastest way to know


def _local(write: Callable[[datetime], str]) -> Callable[[str], Step]:
    """Europe/London without its offset; an instant in the hour that October has twice is signalled: the text no longer tells which."""

    def make(path: str) -> Step:
        signal = Signal("ambiguous-time", path)

        def local(value: datetime, run: Run) -> str:
            here = value.astimezone(LONDON)
            if here.month == 10 and here.utcoffset() != here.replace(fold=1 - here.fold).utcoffset():
                run.signals.append(signal)
            return write(here.replace(tzinfo=None))

        return Step(local)

    return make


def _rewritten(write: Callable[[str], str], kind: str, untouched: str = "") -> Callable[[str], Step]:
    """A text written otherwise, signalled where that changes it; `untouched` tells fast that it will not."""

    def make(path: str) -> Step:
        signal = Signal(kind, path)

        def rewrite(value: str, run: Run) -> str:
            written = write(value)
            if written != value:
                run.signals.append(signal)
            return written

        return Step(rewrite, untouched=untouched)

    return make


_SIGNALLING: dict[str, tuple[frozenset[Kind], Callable[[str], Step]]] = {
    "datetime-local": (_INSTANTS, _local(lambda here: here.isoformat(timespec="seconds"))),
    "time": (_INSTANTS, _local(lambda here: here.strftime("%H:%M:%S"))),
    "one-line": (TEXTS, _rewritten(on_one_line, "line-break", "{}.isprintable()")),
    "ascii": (TEXTS, _rewritten(to_ascii, "transliterated", "{}.isascii()")),
    "cp1252": (TEXTS, _rewritten(to_cp1252, "transliterated", "{}.isascii()")),
}

_TEXT_OF: dict[Kind, Callable[[Any], str]] = {
    Kind.DATE: date.isoformat,
    Kind.INSTANT: _datetime_offset,
    Kind.INTEGER: str,
    Kind.DECIMAL: lambda value: format(_number(value), "f"),
    Kind.BOOLEAN: _boolean,
}
_AS_TEXT: dict[Kind, Step] = {kind: plainly(write) for kind, write in _TEXT_OF.items()}


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("should be true or false")
    return text == "true"


_TYPES: dict[str, Callable[[str], Value]] = {"integer": int, "decimal": Decimal, "boolean": _truth}


def _typed_step(name: str) -> Step:
    return plainly(_TYPES[name])
