"""Where a value comes from: the closures of `join`, `template`, `either`, `call`, `lookup`, `id` and `ref`."""

from collections.abc import Sequence
from typing import Any

from hub.mapping.functions import Function
from hub.mapping.record import Signal
from hub.mapping.run import Run, Source, Step, Unmappable, chained


def translation(number: int, path: str, unmapped: str | None) -> Step:
    """The translation of the day; a code without one is `unmapped`, signalled, or makes the report unmappable."""
    lossy, unknown = Signal("lossy-code", path), Signal("unmapped-code", path)

    def translate(value: str, run: Run) -> str:
        found = run.tables[number].get(value)
        if found is None:
            if unmapped is None:
                raise Unmappable("code-unmapped", path)
            run.signals.append(unknown)
            return unmapped
        if found.lossy:
            run.signals.append(lossy)
        return found.value

    return Step(translate, codes=number)


def joined(pieces: Sequence[tuple[Source, bool, tuple[Step, ...]]], by: str) -> Source:
    """The values that are there, written and joined: of a list (the flag) all of its own."""

    parts = [(source, many, chained(steps)) for source, many, steps in pieces]

    def join(item: Any, run: Run) -> str | None:
        texts = []
        for source, many, write in parts:
            found = source(item, run)
            for value in found if many else () if found is None else (found,):
                texts.append(write(value, run))
        return by.join(texts) or None

    return join


def filled(texts: Sequence[str], sources: Sequence[tuple[Source, tuple[Step, ...]]]) -> Source:
    """A template's texts with what stands between them; nothing at all where every path is absent."""

    parts = [(source, chained(steps)) for source, steps in sources]

    def fill(item: Any, run: Run) -> str | None:
        values = [source(item, run) for source, _ in parts]
        if all(value is None for value in values):
            return None
        written = ["" if value is None else write(value, run) for value, (_, write) in zip(values, parts, strict=True)]
        return texts[0] + "".join(value + text for value, text in zip(written, texts[1:], strict=True))

    return fill


def calling(function: Function, *, of_report: bool) -> Source:
    """A named function of the report, or of the item."""
    call = function.call
    return (lambda _, run: call(run.report, run.report)) if of_report else (lambda item, run: call(run.report, item))


def first_of(pieces: Sequence[tuple[Source, tuple[Step, ...]]]) -> Source:
    """The first value that is there, written by its own steps."""
    parts = [(source, chained(steps)) for source, steps in pieces]

    def first(item: Any, run: Run) -> Any:
        for source, write in parts:
            if (found := source(item, run)) is not None:
                return write(found, run)
        return None

    return first


def inside(part: Source, source: Source) -> Source:
    """What the source gives of a part, where the part is there."""

    def of_part(item: Any, run: Run) -> Any:
        found = part(item, run)
        return None if found is None else source(found, run)

    return of_part


def identifier(name: str, of: Source) -> Source:
    """The identifier that the item is given here: an xs:ID, unique in every document, because the submission's id is in it."""

    def give(item: Any, run: Run) -> str | None:
        own = of(item, run)
        if own is None:
            return None
        given = f"{name}-{run.report.submission_id}-{own}"
        run.given.add(given)
        return given

    return give


def reference(name: str, path: str, to: Source) -> Source:
    """The identifier of the item that is meant, wherever in the record it is given."""

    def ask(item: Any, run: Run) -> str | None:
        other = to(item, run)
        if other is None:
            return None
        asked = f"{name}-{run.report.submission_id}-{other}"
        run.asked.append((asked, path))
        return asked

    return ask
