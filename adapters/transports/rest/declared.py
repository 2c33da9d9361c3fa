"""What a profile declares of a far end's answers; left out, it is the platform's published contract (`docs/delivery.md`)."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from adapters.settings import STRICT
from adapters.transports.rest.answers import Answer
from adapters.transports.rest.paths import ListPath, Path, items_at, value_at, value_in
from adapters.transports.rest.templates import Template

_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_SIGN = re.compile(r"[1-5][0-9]{2}|([1-5][0-9]{2} )?[A-Za-z0-9._-]{1,60}", re.ASCII)
_STATUS = re.compile(r"[1-5][0-9]{2}", re.ASCII)
_MEDIA_TYPES = {
    "json": re.compile(r"(application|text)/([a-z0-9.+-]+\+)?json", re.IGNORECASE),
    "xml": re.compile(r"(application|text)/([a-z0-9.+-]+\+)?xml", re.IGNORECASE),
    "text": re.compile(r"text/plain", re.IGNORECASE),
}


def _are_signs(signs: tuple[str, ...]) -> tuple[str, ...]:
    if wrong := next((sign for sign in signs if not _SIGN.fullmatch(sign)), None):
        raise ValueError(f"{wrong!r} is neither a status (`409`) nor a code of the far end's (`DUPLICATE`), nor both (`400 DUPLICATE`)")
    return signs


def _as_texts(values: object) -> object:
    return [str(value) for value in values] if isinstance(values, list | tuple) else values


Signs = Annotated[tuple[str, ...], BeforeValidator(_as_texts), AfterValidator(_are_signs)]


class Meaning(Enum):
    """What an answer says of what was sent."""

    DELIVERED = auto()
    DUPLICATE = auto()  # it was there already
    REFUSED = auto()
    BUSY = auto()
    MISCONFIGURED = auto()
    UNCERTAIN = auto()


class Check(BaseModel):
    """Holds where the value at a path is one of these."""

    model_config = STRICT

    at: Path
    is_: Annotated[tuple[str, ...], BeforeValidator(_as_texts), Field(alias="is", min_length=1)]

    def of_answer(self, answer: Answer) -> bool | None:
        """None where there is no value."""
        found = value_at(self.at, answer, flags=True)
        return None if found is None else found in self.is_

    def of_item(self, item: object) -> bool:
        return value_in(self.at, item, flags=True) in self.is_


class Refusals(BaseModel):
    """Where the answer to a batch says which of its reports were refused.

    `by` says what names a report: its submission id, the reference that the person was given, its number in the request (the
    first is `first`), or a pointer into the request, whose first number that is.
    """

    model_config = STRICT

    list_: Annotated[ListPath, Field(alias="list")]
    report: Path
    by: Literal["submission", "reference", "number", "pointer"] = "submission"
    first: Annotated[int, Field(ge=0, le=1)] = 0
    code: Path = "/code"
    where: Check | None = None  # only these items of the list are refusals
    partial: Signs = ()  # statuses that say no, and by which all but the reports in the list were taken


class Answers(BaseModel):
    """What the far end's answers mean. A sign is a status, a code that stands at `code`, or both; a code goes before a status."""

    model_config = STRICT

    kind: Literal["json", "xml", "text"] = "json"
    delivered: Signs = ("200", "201")
    duplicate: Signs = ("409",)
    refused: Signs = ()  # beside every other 4xx
    busy: Signs = ("429", "503")
    misconfigured: Signs = ("401", "403", "404", "405")  # beside every redirect
    uncertain: Signs = ("408",)  # beside everything that is named nowhere
    ok: Check | None = None  # what must hold beside a status of `delivered`
    reference: Path = "/data/id"
    code: Path = "/errors/0/code"
    refusals: Refusals | None = None

    @cached_property
    def _meanings(self) -> Mapping[str, Meaning]:
        """What each sign means: one that stands in two places means what it says in the first."""
        signs = (
            (self.uncertain, Meaning.UNCERTAIN),
            (self.misconfigured, Meaning.MISCONFIGURED),
            (self.busy, Meaning.BUSY),
            (self.delivered, Meaning.DELIVERED),
            (self.refused, Meaning.REFUSED),
            (self.duplicate, Meaning.DUPLICATE),
        )
        return {sign: meaning for some, meaning in signs for sign in some}

    def meaning(self, answer: Answer) -> Meaning:
        """What this answer says of what was sent."""
        for sign in self.signs_of(answer):
            if meaning := self._meanings.get(sign):
                return meaning
        if 300 <= answer.status < 400:
            return Meaning.MISCONFIGURED
        return Meaning.REFUSED if 400 <= answer.status < 500 else Meaning.UNCERTAIN

    def signs_of(self, answer: Answer) -> tuple[str, ...]:
        """What an answer may be known by, the most exact first. A code that looks like a status is none by itself."""
        status, code = str(answer.status), self.error_code(answer)
        if code is None:
            return (status,)
        return (f"{status} {code}", *(() if _STATUS.fullmatch(code) else (code,)), status)

    def error_code(self, answer: Answer) -> str | None:
        """The far end's own code for an error, never its text, which may repeat the report."""
        return as_code(value_at(self.code, answer))

    def is_api(self, answer: Answer) -> bool:
        """Whether this can be the API's own answer: of its kind, or nothing at all. A page of another kind may be a proxy's."""
        return answer.body == b"" or not answer.media_type or bool(_MEDIA_TYPES[self.kind].fullmatch(answer.media_type))


def as_code(text: str | None) -> str | None:
    """A code that can be kept and shown; None where it is none: a sentence may repeat the report."""
    return text if text and _CODE.fullmatch(text) else None


def refused_items(refusals: Refusals, answer: Answer) -> list[object]:
    """The items of an answer that are refusals."""
    items = items_at(refusals.list_, answer) or []
    return [item for item in items if refusals.where is None or refusals.where.of_item(item)]


class Lookup(BaseModel):
    """How to ask whether something arrived. `list`: where what was found stands in a list, which is empty where nothing was."""

    model_config = STRICT

    url: Template | None = None  # none: `<url>/{key}`
    method: Literal["GET", "HEAD", "POST"] = "GET"
    query: dict[str, Template] = {}
    found: Signs = ("200",)
    absent: Signs = ("404 not-found",)
    list_: Annotated[ListPath | None, Field(alias="list")] = None
    reference: Path | None = None  # none: as in `answers`


def _lookup(value: object) -> object:
    """`true` is the published look-up, `false` none."""
    if value in (True, "true"):
        return {}
    return None if value in (False, "false") else value


LookupOrNone = Annotated[Lookup | None, BeforeValidator(_lookup)]
