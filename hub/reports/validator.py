"""Why something is no report: the model once more as pydantic has it, made from `hub/reports/model.py`.

It reads what is not clean, and says of each fault what it is and where. It is slow beside `hub/reports/submission.py`, and asked seldom.
Whatever passes becomes a report by the model's own reading, so that no report is of another making than the rest.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo, fields
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.alias_generators import to_camel

from hub.reports.model import Part, Report

_CONFIG = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)
_CONSTRAINTS = ("ge", "le", "min_length", "max_length")


@cache
def model_of(part: type[Part]) -> type[BaseModel]:
    """A part of the report as a model of pydantic's."""
    made: dict[str, Any] = {one.name: (_annotated(one.type), _default(one)) for one in fields(part)}
    return create_model(part.__name__, __config__=_CONFIG, __doc__=part.__doc__, **made)


def validated(flat: bytes) -> Report:
    """The report in a flattened submission (JSON), strictly. Raises pydantic's ValidationError."""
    return _read(model_of(Report).model_validate_json(flat, strict=True, by_alias=True, by_name=False))


def report_of(said: Mapping[str, Any]) -> Report:
    """A made-up report: names as on the wire or as in field maps, values as Python or as JSON has them. Raises ValidationError."""
    return _read(model_of(Report).model_validate(said))


def report_of_json(body: bytes) -> Report:
    """The report in a file that holds nothing else, as `report_of` reads it. Raises ValidationError."""
    return _read(model_of(Report).model_validate_json(body))


def value_of(name: str, sent: bytes) -> Any:
    """The value (JSON) of one field of the report, strictly. Raises ValidationError."""
    kind, adapter = _adapter(name)
    return _decoded(adapter.dump_json(adapter.validate_json(sent, strict=True), by_alias=True), kind)


@cache
def _adapter(name: str) -> tuple[Any, TypeAdapter[Any]]:
    kind = next(one.type for one in fields(Report) if one.name == name)
    return kind, TypeAdapter(_annotated(kind))


def _read(found: BaseModel) -> Report:
    report: Report = _decoded(found.model_dump_json(by_alias=True).encode(), Report)
    return report


def _decoded(valid: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(valid, type=kind)
    except msgspec.ValidationError:
        pass
    raise TypeError("the two readers of the model do not agree: a defect of the hub")  # outside: the other error holds a value


def _default(one: FieldInfo) -> Any:
    if one.required:
        return ...
    return Field(default_factory=list, json_schema_extra={"default": []}) if one.default is msgspec.NODEFAULT else one.default


def _annotated(kind: Any) -> Any:
    """The type of a field, with its constraints as pydantic wants them."""
    if isinstance(kind, type) and issubclass(kind, Part):
        return model_of(kind)
    inner = get_args(kind)
    if get_origin(kind) is Annotated:
        plain, *metas = inner
        return _constrained(_annotated(plain), metas)
    if get_origin(kind) in (Union, UnionType):
        return Union[tuple(map(_annotated, inner))]  # noqa: UP007 - of as many as there are
    return list[_annotated(inner[0])] if get_origin(kind) is list else kind  # type: ignore[misc] # made as the hub runs


def _constrained(plain: Any, metas: list[Meta]) -> Any:
    said: dict[str, Any] = {}
    for meta in metas:
        if meta.tz:
            plain = AwareDatetime
        said |= {name: bound for name in _CONSTRAINTS if (bound := getattr(meta, name)) is not None} | (meta.extra or {})
        if meta.pattern:
            said["pattern"] = meta.pattern.replace(r"\Z", "$")  # ECMA's and Rust's: of the whole text's end
    return Annotated[plain, Field(**said)] if said else plain
