"""Rules as a person reads them: `max: 20`, key by key, each with the line that says it."""

from collections.abc import Iterator
from typing import NamedTuple

from hub.mapping.declared import Target
from hub.mapping.rules import SOURCES
from hub.workbench.opened import Line, line_of


class Said(NamedTuple):
    """One key of a rule: what it says, and where."""

    key: str
    text: str
    line: Line


def rule_of(target: Target) -> Iterator[Said]:
    """Each key of a target's rule but `fields`, its source first; a group without any says so."""
    keys = [key for key in target.said if key and key != "fields"]
    for key in sorted(keys, key=lambda key: (key not in SOURCES, keys.index(key))):
        yield Said(key, f"{key}: {_text(_value(target, key))}", line_of(target, key))
    if not keys:
        yield Said("fields", "a group", line_of(target))


def deciding(target: Target) -> Said:
    """The key that fills a target: its source, or else what its values come from."""
    said = list(rule_of(target))
    return next((one for one in said if one.key in (*SOURCES, "each", "with")), said[0])


def elsewhere(target: Target) -> list[Said]:
    """The keys of a rule that another line says than the one that fills the target: what a force overrides."""
    source = deciding(target)
    return [one for one in rule_of(target) if one.line != source.line]


def _value(target: Target, key: str) -> object:
    return getattr(target.rule, f"{key}_" if key in ("from", "with") else key, None)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return _text(value[0]) if len(value) == 1 else f"[{', '.join(map(_text, value))}]"
    return str(value)
