"""The JSON Schemas of the files under `mappings/`, made from the models that read them and from the adapters' settings.

An editor gives every plain scalar a type (`22`, `true`), while the hub reads each as the text that it is: so a text may
be a number or `true` here, and a number or a flag a text. Where leading zeros matter (`pnc_code`) only a quoted text will do.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from adapters.registry import Kind

Schema = dict[str, Any]
SCHEMAS = ("force", "profile", "endpoints")
PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TITLES = {
    "force": "A force's file: mappings/forces/<force>.yaml",
    "profile": "A profile: mappings/profiles/<profile>/profile.yaml",
    "endpoints": "The endpoints file that HUB_ENDPOINTS names",
}
_SCALAR = ["string", "number", "boolean"]
_NUMBER = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^(0|[1-9][0-9]{0,8})$"}]}
_FLAG: Schema = {"enum": [True, False, "true", "false"]}
_DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def written(name: str) -> bytes:
    """A schema as its file holds it."""
    import orjson

    return orjson.dumps(schema_of(name), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)


def schema_of(name: str) -> Schema:
    """One of SCHEMAS, draft 2020-12."""
    from hub.forces.files import ForceFile, OtherEnd, ProfileFile

    if name == "endpoints":
        end = _of_model(OtherEnd)
        definitions = end.pop("$defs", {})
        routes = {"type": "object", "additionalProperties": end}
        body: Schema = {"type": "object", "additionalProperties": routes, "$defs": definitions}
        places = [end]
    else:
        body = _of_model(ForceFile if name == "force" else ProfileFile)
        definitions = body["$defs"]
        places = [definitions["RouteSection"]] if name == "force" else [body]
        _say_what_models_cannot(body, definitions)
    for place in places:
        _with_adapters(place, definitions, whole=name == "profile")
    return {"$schema": _DRAFT, "$id": f"urn:soh-hub:{name}-file:1", **body, "title": _TITLES[name]}


def _of_model(model: "type[BaseModel]") -> Schema:
    """A model's schema, as lenient with scalars as the hub is."""
    widened = _widened(model.model_json_schema(by_alias=True, mode="validation", schema_generator=_generator()))
    assert isinstance(widened, dict)  # noqa: S101 - a schema is an object
    return widened


def _generator() -> Any:
    """pydantic's, which says nothing of a validator before the type: what those take is said here."""
    from datetime import timedelta

    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        def timedelta_schema(self, schema: Any) -> Schema:  # noqa: ARG002 - the hub's own spelling of a time
            return {"type": "string", "pattern": "^([1-9][0-9]{0,3}[mhd]|never)$"}

        def date_schema(self, schema: Any) -> Schema:  # noqa: ARG002 - one spelling alone
            return dict(_DAY)

        def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:  # noqa: ARG002 - read by a validator before
            return {"type": _SCALAR}

        def encode_default(self, dft: Any) -> Any:
            return "24h" if isinstance(dft, timedelta) else super().encode_default(dft)

    return Generator


def _widened(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_widened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _inside(key, value) for key, value in schema.items() if key not in ("title", "default")}
    match kept.get("type"):
        case "string" if not kept.keys() & {"pattern", "enum", "const", "format"}:
            kept["type"] = _SCALAR
        case "integer":
            return {**_NUMBER, **({"description": kept["description"]} if "description" in kept else {})}
        case "number":
            return {"type": ["number", "string"]}
        case "boolean":
            return dict(_FLAG)
    return kept


def _inside(key: str, value: Any) -> Any:
    """`properties` and `$defs` hold names that are no words of a schema."""
    if key in ("properties", "$defs"):
        return {name: _widened(each) for name, each in value.items()}
    return _widened(value)


def _say_what_models_cannot(body: Schema, definitions: Schema) -> None:
    """What validators hold to that pydantic does not put into a schema."""
    from hub.reports.services import MODELLED, SERVICES

    slug = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 40}
    for properties in (body["properties"], *(each.get("properties", {}) for each in definitions.values())):
        for key in properties.keys() & {"force", "profile", "instance"}:
            properties[key] = _nullable(properties[key], slug)
    properties = body["properties"]
    if "services" in properties:
        live = {"type": "string", "pattern": "^(never|[0-9]{4}-[0-9]{2}-[0-9]{2}( assumed)?)$"}
        names: Schema = {"enum": ["default", *SERVICES]}
        properties["services"] = {"type": "object", "propertyNames": names, "additionalProperties": live}
        properties["pnc_code"] = {"type": "string", "pattern": "^[0-9]{2}$", "description": "two digits, in quotes: a zero before counts"}
        properties["ons_code"] = {"type": "string", "pattern": "^([EW][0-9]{8})?$"}
    if "models" in properties:
        properties["models"] = {"type": "array", "items": {"enum": list(MODELLED)}}
    _short_rules(body, definitions)
    _fields_of_the_report(body, definitions)


def _nullable(old: Schema, new: Schema) -> Schema:
    return {"anyOf": [new, {"type": "null"}]} if any(each == {"type": "null"} for each in old.get("anyOf", ())) else dict(new)


def _short_rules(body: Schema, definitions: Schema) -> None:
    """A rule may be a text, the path that it is `from`; a list of one may be its item."""
    short = {"$ref": "#/$defs/Path"}

    def loosened(schema: Any) -> Any:
        if isinstance(schema, list):
            return [loosened(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        if schema.get("$ref") in ("#/$defs/Rule", "#/$defs/Override"):
            return {"anyOf": [short, schema]}
        return {key: loosened(value) for key, value in schema.items()}

    for holder in (body, *definitions.values()):
        if "properties" in holder:
            holder["properties"] = loosened(holder["properties"])
    for name in definitions.keys() & {"Rule", "Override"}:
        for key in definitions[name]["properties"].keys() & {"format", "when", "where"}:
            definitions[name]["properties"][key] = _listed(definitions[name]["properties"][key])


def _listed(schema: Any) -> Any:
    """An array, or one of its items by itself."""
    if isinstance(schema, list):
        return [_listed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "array":
        return {"anyOf": [schema["items"], schema]}
    return {key: _listed(value) for key, value in schema.items()}


def _fields_of_the_report(body: Schema, definitions: Schema) -> None:
    """So that an editor completes them: the paths that `from`, `each`, `with` and `ignore` may name."""
    from hub.reports.paths import names_below, report_paths

    definitions["ReportPath"] = {"enum": names_below(report_paths())}
    definitions["Path"] = {
        "anyOf": [{"$ref": "#/$defs/ReportPath"}, {"type": "string", "pattern": "^\\.([a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*)?$"}]
    }
    for name in definitions.keys() & {"Rule", "Override"}:
        properties = definitions[name]["properties"]
        for key in ("from", "each", "with"):
            properties[key] = {"$ref": "#/$defs/Path"}
        properties["join"] = {"type": "array", "items": {"$ref": "#/$defs/Path"}, "minItems": 1}
    for holder in (body, *definitions.values()):
        if "ignore" in holder.get("properties", {}):
            reason = {"type": _SCALAR, "minLength": 1}
            holder["properties"]["ignore"] = {
                "type": "object",
                "propertyNames": {"$ref": "#/$defs/ReportPath"},
                "additionalProperties": reason,
            }


def _with_adapters(place: Schema, definitions: Schema, *, whole: bool) -> None:
    """The settings of the registered adapters in `format` and `transport`; only a profile's must have a name."""
    from adapters.registry import FORMAT, TRANSPORT

    properties = place["properties"]
    for kind in (FORMAT, TRANSPORT):
        if kind.name in properties:
            properties[kind.name] = _settings(kind, definitions, whole=whole)


def _settings(kind: "Kind", definitions: Schema, *, whole: bool) -> Schema:
    known = {name: found for name in kind.built_in if (found := _known(kind, name, definitions)) is not None}
    cases = [
        {
            "if": {"properties": {"name": {"const": name}}, "required": ["name"]},
            "then": {"properties": {"name": True, **found}, "additionalProperties": False},
        }
        for name, found in known.items()
    ]
    every = sorted({key for found in known.values() for key in found})
    nameless = {"if": {"not": {"required": ["name"]}}, "then": {"propertyNames": {"enum": every}}}
    name = {"type": "string", "description": f"one of {', '.join(sorted(kind.built_in))}, or of a package that adds its own"}
    required: Mapping[str, Any] = {"required": ["name"]} if whole else {}
    return {"type": "object", "properties": {"name": name}, "allOf": [*cases, *([] if whole else [nameless])], **required}


def _known(kind: "Kind", name: str, definitions: Schema) -> Schema | None:
    """The settings of one adapter; the definitions that they need are added under its name."""
    from adapters.described import settings_model

    model = settings_model(kind, name)
    if model is None:
        return None
    found = _of_model(model)
    inner = f"{kind.name}-{name}"
    for key, definition in found.pop("$defs", {}).items():
        definitions[f"{inner}-{key}"] = _renamed(definition, inner)
    return {key: value for key, value in _renamed(found["properties"], inner).items() if not (kind.name == "format" and key == "tables")}


def _renamed(schema: Any, inner: str) -> Any:
    if isinstance(schema, list):
        return [_renamed(each, inner) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"#/$defs/{inner}-{value.rpartition('/')[2]}" if key == "$ref" else _renamed(value, inner) for key, value in schema.items()
    }
