"""The words of a field map, exactly as `docs/field-map.md` has them: what a rule may say, and nothing else.

Every value arrives as text. A rule that says contradictory things is found in `hub.mapping.declared`, where its lines are known.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from hub.documents import Closed, matching

SOURCES = ("from", "literal", "join", "template", "call", "either", "id", "ref")  # where a value comes from: one of them

FormatName = Literal[
    "date",
    "date-uk",
    "date-utc",
    "year",
    "time",
    "time-utc",
    "time-offset",
    "datetime-utc",
    "datetime-local",
    "datetime-offset",
    "boolean",
    "yes-no",
    "one-zero",
    "integer",
    "decimal",
    "upper",
    "national-phone",
    "one-line",
    "ascii",
    "cp1252",
]


def _flag(value: object) -> object:
    """`true` or `false` and no third thing: `yes` is refused, because elsewhere in the file `NO` is a text."""
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError("should be true or false")
    return value == "true"


def _emptiness(value: object) -> object:
    if value in ("nil", True, False):
        return value
    try:
        return _flag(value)
    except ValueError:
        raise ValueError("should be true, false or nil") from None


def _count(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"[1-9][0-9]{0,8}", value, re.ASCII):
            raise ValueError("should be a whole number from 1, without leading zeros")
        return int(value)
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _characters(value: str) -> str:
    """Refuses a range that ends before it begins: `z-a`."""
    for first, last in re.findall(r"(?s)(.)-(.)", value):
        if first > last:
            raise ValueError(f"the range '{first}-{last}' ends before it begins; a hyphen for itself stands first or last")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
Count = Annotated[int, BeforeValidator(_count)]
Path = Annotated[str, matching(r"\.|\.?[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", "a path such as `incident.offence` or `.family_name`")]
TargetName = Annotated[str, matching(r"#text|@?[^\s/@#]+", "a name without spaces, `/`, `@` or `#` in it, `@name` or `#text`")]
Character = Annotated[str, matching(r"[^\r\n]", "one character")]
Name = Annotated[str, matching(r"[A-Za-z_][A-Za-z0-9_-]*", "a name of letters, digits, `-` and `_`, such as `person`")]
Reason = Annotated[str, StringConstraints(min_length=1)]
Characters = Annotated[str, StringConstraints(min_length=1), AfterValidator(_characters)]
Texts = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
Condition = dict[Path, Texts]


def _ruled(value: object) -> object:
    """A rule may be short: a text is the path that it is `from`."""
    return {"from": value} if isinstance(value, str) else value


class Rule(Closed):
    """What fills one target: a source with what is done to its value, or a group of targets below it."""

    from_: Path | None = Field(None, alias="from")
    literal: str | None = None
    join: Annotated[list[Path], Field(min_length=1)] | None = None
    by: str | None = None
    template: Annotated[str, StringConstraints(min_length=1)] | None = None
    call: str | None = None
    either: Annotated[list[Path], Field(min_length=2)] | None = None
    id: Name | None = None
    ref: Name | None = None
    to: Path | None = None
    lookup: str | None = None
    unmapped: str | None = None
    format: Annotated[list[FormatName], BeforeValidator(_listed), Field(min_length=1)] | None = None
    only: Characters | None = None
    max: Count | None = None
    width: Count | None = None
    align: Literal["left", "right"] | None = None
    pad: Character | None = None
    default: str | None = None
    required: Flag = False
    empty: Annotated[bool | Literal["nil"], BeforeValidator(_emptiness)] = False
    each: Path | None = None
    with_: Path | None = Field(None, alias="with")
    fields: "Fields | None" = None
    where: Condition | None = None
    first: Flag = False
    when: Condition | None = None
    unless: Condition | None = None
    name: TargetName | None = None
    namespace: Annotated[str, matching(r"[^\s{}]+", "the URI of a namespace, without spaces")] | None = None
    cdata: Flag = False
    embed: Literal["xml", "base64"] | None = None

    def said(self) -> set[str]:
        """The keys that the file gave."""
        return {name.rstrip("_") for name in self.model_fields_set}


class Override(Rule):
    """What a force changes of a target: key by key, or `remove: true`; `after` or `before` names the target that it goes beside."""

    remove: Flag = False
    after: str | None = None
    before: str | None = None


Fields = dict[TargetName, Annotated[Rule, BeforeValidator(_ruled)]]
Overrides = dict[str, Annotated[Override, BeforeValidator(_ruled)]]
Ignored = dict[Path, Reason]

Rule.model_rebuild()
Override.model_rebuild()


class Skeleton(Closed):
    """The field map for the services that a profile does not model."""

    fields: Fields
    ignore: Ignored = Field(default_factory=dict)
