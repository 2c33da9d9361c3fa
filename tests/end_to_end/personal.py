"""What in a submission is about a person: for the tests that look for it where it must not be."""

from collections.abc import Iterator
from typing import Any

from tests.end_to_end.intake import Wire

SHORTEST = 4  # characters: what is shorter stands everywhere by chance
_OF_A_LIST = {"roles", "gender", "ethnicity", "language", "contactPreference", "involvement", "offence", "injury", "hateStrands"}
_OF_A_LIST |= {"role", "status", "kind", "scheme", "risk", "mediaType"}
_MADE_BY_A_MACHINE = {"id", "driverId", "areaCode", "sha256", "size", "modelVersion"}
_TELLS_NOTHING = frozenset(_OF_A_LIST | _MADE_BY_A_MACHINE)


def personal_values(wire: Wire) -> set[str]:
    """Every value of a submission that tells something of somebody: names, contacts, places, points, times and free text."""
    lines = str(wire.get("submissionContent", "")).split("\n")[1:]  # the first line is the protective marking
    told = (line for line in lines if " " in line.strip())  # the others are words of the form
    found = {*_leaves(wire.get("digitalReport")), *told, *(str(file["name"]) for file in _files(wire))}
    return {value for value in found if len(value.strip()) >= SHORTEST}


def _files(wire: Wire) -> list[dict[str, Any]]:
    files = wire.get("attachments")
    return [file for file in files if isinstance(file, dict) and "name" in file] if isinstance(files, list) else []


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, below in value.items():
                if name not in _TELLS_NOTHING:
                    yield from _leaves(below)
        case list():
            for below in value:
                if not isinstance(below, list):  # what is nested so is a planted fault, and nobody's
                    yield from _leaves(below)
        case bool() | None:
            return
        case _:
            yield str(value)
