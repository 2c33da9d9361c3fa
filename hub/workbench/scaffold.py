"""A new force's file on a profile that is known: at most 25 lines, with a placeholder wherever somebody must still say what is right."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.documents import Data, Document, Fault

PLACEHOLDER = "CHANGE-ME"
_SCHEMA = "../../docs/schemas/force.schema.json"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 '’()&.-]*")
_ZEROS = "A" * 40  # of a host key: what the shipped files have in place of one that nobody knows


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody said of a new force; `transport` has every setting that the profile leaves to the force, in order."""

    slug: str
    name: str
    nation: str
    ons_code: str
    pnc_code: str
    profile: str
    instance: str
    live_from: date | None
    transport: Mapping[str, str]
    environment: str = "live"


def written(answers: Answers) -> str:
    """The file's text. A service that has no first day yet is never live: nothing leaves by accident."""
    return "\n".join(_lines(answers)) + "\n"


def usual_settings(slug: str, keys: Sequence[str]) -> dict[str, str]:
    """What a scaffold says of transport settings: a reference for a secret, a placeholder for everything else."""
    variable = slug.upper().replace("-", "_")
    names = {"credentials": f"env:{variable}_LOGIN", "api_key": f"env:{variable}_API_KEY"}
    return {key: names.get(key) or _placeholder(key) for key in keys}


def placeholders(document: Document) -> Iterator[Fault]:
    """Every place of a force's file that somebody must still fill in."""
    return (
        document.fault(loc, f"{loc[-1]!r} is a placeholder", hint="write what the force says")
        for loc, text in _texts(document.data, ())
        if PLACEHOLDER in text.upper() or _ZEROS in text
    )


def _lines(answers: Answers) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={_SCHEMA}"
    yield f"force: {answers.slug}"
    yield f"name: {_text(answers.name)}"
    yield f"nation: {answers.nation}"
    yield f"ons_code: {answers.ons_code}" if answers.ons_code else 'ons_code: ""'
    yield f'pnc_code: "{answers.pnc_code}"'
    yield f"records_system: {{style: {answers.profile}, instance: {answers.instance}, evidence: onboarding}}"
    yield "services:"
    yield f"  default: {answers.live_from}" if answers.live_from else "  default: never  # CHANGE: the day from which it takes reports"
    yield "routes:"
    yield "  - name: records-system"
    yield "    purpose: primary"
    yield f"    profile: {answers.profile}"
    yield f"    endpoint: {{instance: {answers.instance}, environment: {answers.environment}}}"
    yield "    transport:"
    yield from (f"      {key}: {_text(value)}" for key, value in answers.transport.items())
    yield "expect: {daily_minimum: 1}"


def _placeholder(key: str) -> str:
    return f"https://{PLACEHOLDER.lower()}.example/{key}" if key in ("url", "acknowledgements", "token_url") else PLACEHOLDER


def _text(value: str) -> str:
    """Quoted, unless it is plain words."""
    if _PLAIN.fullmatch(value) or value.startswith(("env:", "file:", "https://")):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _texts(data: Data, loc: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(data, str):
        yield loc, data
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from _texts(each, (*loc, index))
    else:
        for key, each in data.items():
            yield from _texts(each, (*loc, key))
