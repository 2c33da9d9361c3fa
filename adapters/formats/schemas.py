"""The schemas that a format's output holds to: where they are found, and what a JSON Schema says of a document."""

from pathlib import Path

import jsonschema_rs
import orjson

from hub.contracts import Misconfigured


def schema_file(folder: Path, name: str) -> Path:
    """The schema's path in the profile's folder. Raises Misconfigured where there is no such file in it."""
    if Path(name).name != name or not (folder / name).is_file():
        raise Misconfigured("bad-schema", f"format option schema: there is no file '{name}' in the profile's folder '{folder.name}'")
    return folder / name


class JsonSchema:
    """A JSON Schema, draft 2020-12, that also holds `format` (dates, times, UUIDs) to what it says."""

    def __init__(self, path: Path) -> None:
        try:
            self._schema = jsonschema_rs.Draft202012Validator(orjson.loads(path.read_bytes()), validate_formats=True)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise Misconfigured("bad-schema", f"{path.parent.name}/{path.name} is not a JSON Schema: {error}") from None

    def faults(self, document: object) -> list[str]:
        """Where and how a document fails, `people/familyName (maxLength)`: the validator's own messages hold values."""
        try:
            return [] if self._schema.is_valid(document) else [_where(error) for error in self._schema.iter_errors(document)]
        except ValueError:  # a lone surrogate
            return ["report (character that UTF-8 cannot hold)"]


def _where(error: jsonschema_rs.ValidationError) -> str:
    path = "/".join(str(step) for step in error.instance_path if not isinstance(step, int))
    return f"{path or 'report'} ({error.kind.name})"
