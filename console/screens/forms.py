"""What a browser sends: forms of short texts, read with limits."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl

LARGEST = 512 * 1024  # bytes
_FIELDS = 1_000
R = TypeVar("R", bound=StrEnum)
Form = Mapping[str, list[str]]


class Wrong(Exception):
    """A form that cannot be taken: `field` is the one at fault, the message a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def parse(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, in their order. Raises ValueError for what is none."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"):
        found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return found


def one(form: Form, name: str) -> str:
    """What was entered in a field; empty where nothing was."""
    return (form.get(name) or [""])[0].strip()


def choice(form: Form, name: str, of: type[R], what: str) -> R:
    """One of a list. Raises Wrong with a sentence: `what` says what has to be chosen."""
    try:
        return of(one(form, name))
    except ValueError:
        raise Wrong(name, f"Choose {what}.") from None
