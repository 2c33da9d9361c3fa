"""What a force's file, a profile's file and the endpoints file may say, exactly as `docs/field-map.md` has it."""

import re
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints

from hub.documents import Closed, did_you_mean, matching
from hub.mapping.rules import Count, Fields, Flag, Ignored, Overrides, Skeleton
from hub.reports.services import MODELLED, SERVICES
from hub.schedule import Window, is_schedule
from hub.words import Environment, Lane, Purpose

URGENT_AT_ONCE = "at once"
ACKNOWLEDGED_WITHIN = timedelta(hours=24)  # where a force's file says nothing
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class GoLive(NamedTuple):
    """From which day a service is live: None is never. `assumed` where the day is not a public fact."""

    day: date | None
    assumed: bool = False


def _day(value: object) -> object:
    """A day as `YYYY-MM-DD` and in no other way."""
    if not isinstance(value, str):
        return value
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("should be a date: YYYY-MM-DD")


def _go_live(value: object) -> object:
    if not isinstance(value, str) or value == "never":
        return GoLive(None) if value == "never" else value
    day, _, assumed = value.partition(" ")
    if assumed in ("", "assumed"):
        try:
            found = _day(day)
            return GoLive(found if isinstance(found, date) else None, bool(assumed))
        except ValueError:
            pass
    raise ValueError("should be `YYYY-MM-DD`, `YYYY-MM-DD assumed` or `never`")


def _service(value: str) -> str:
    return _one_of(value, ("default", *SERVICES), "there is no service")


def _known(value: str) -> str:
    return _one_of(value, tuple(SERVICES), "there is no service")


def _modelled(value: str) -> str:
    return _one_of(value, MODELLED, "no service with fields of its own is called")


def _one_of(value: str, choices: tuple[str, ...], what: str) -> str:
    if value not in choices:
        raise ValueError(f"{what} {value!r}; {did_you_mean(value, choices) or 'it is one of ' + ', '.join(choices)}")
    return value


@cache
def _schedule(value: str) -> str:
    if not is_schedule(value):
        raise ValueError(f"{value!r} is no schedule: five fields as cron has them, such as '*/15 * * * *'")
    return value


def _window(value: object) -> object:
    return Window.parse(value) if isinstance(value, str) else value


@cache
def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # what zoneinfo raises for a name that is none, a folder, or unknown
        raise ValueError(f"there is no time zone {value!r}, such as Europe/London") from None
    return value


def _within(value: object) -> object:
    """A time as `90m`, `24h` or `2d`; None where the file says `never`."""
    if not isinstance(value, str):
        return value
    if value == "never":
        return None
    return _time(value, "should be a time such as `90m`, `24h` or `2d`, or `never`")


def duration(value: object) -> object:
    """A time as `90m`, `24h` or `2d`."""
    return _time(value, "should be a time such as `90m`, `24h` or `2d`") if isinstance(value, str) else value


def _time(text: str, otherwise: str) -> timedelta:
    if found := re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", text, re.ASCII):
        return int(found[1]) * _UNITS[found[2]]
    raise ValueError(otherwise)


def _number(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"0|[1-9][0-9]{0,8}", value, re.ASCII):
            raise ValueError("should be a whole number, without leading zeros")
        return int(value)
    return value


Day = Annotated[date, BeforeValidator(_day)]
Slug = Annotated[
    str, matching(r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits and single hyphens, at most 40: `avon-and-somerset`")
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Number = Annotated[int, BeforeValidator(_number)]
Settings = dict[str, Any]  # texts, lists and mappings: the adapter that they are for reads them strictly
Below = Annotated[
    str, matching(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,150}", "a path below the folder of the forces' files: `keys/kent.asc`")
]
SecretReference = Annotated[
    str,
    matching(
        r"(env|file|prefect-block):.+", "a reference to the secret, env:NAME, file:/path or prefect-block:name, never the secret itself"
    ),
]
ForceCode = Annotated[str, matching(r"[0-9]{2}", "the two digits of the force's PNC code: `07`")]
OnsCode = Annotated[str, matching(r"([EW][0-9]{8})?", "the ONS code of the force's area, such as `E23000032`, or empty")]


class DropsSection(Closed):
    """When drops are due, and of what they are made. What a route leaves out, its profile says."""

    schedule: Annotated[str, BeforeValidator(_schedule)] | None = None
    timezone: Annotated[str, BeforeValidator(_timezone)] | None = None
    window: Annotated[Window, BeforeValidator(_window)] | None = None
    empty: Flag | None = None
    at_most: Count | None = None
    urgent: Literal["at once", "with the schedule"] | None = None
    manifest: Flag | None = None
    attachments: Literal["files", "none"] | None = None
    attempts: Count | None = None


class EndpointSection(Closed):
    """The far end of a route. Forces that share an instance share its breaker and its incident."""

    instance: Slug
    environment: Environment


class EncryptSection(Closed):
    """OpenPGP: what goes by this route is encrypted to the force's certificate, and signed with our key where one is named."""

    to: Below
    sign: SecretReference | None = None


class RouteSection(Closed):
    """A way to a force: a profile with an endpoint, and what differs from the profile."""

    name: Slug
    purpose: Purpose
    profile: Slug
    endpoint: EndpointSection
    transport: Settings = Field(default_factory=dict)
    drops: DropsSection = DropsSection()
    encrypt: EncryptSection | None = None
    services: list[Annotated[str, BeforeValidator(_known)]] | None = None
    lanes: list[Lane] | None = None
    overrides: Overrides = Field(default_factory=dict)
    ignore: Ignored = Field(default_factory=dict)
    codes: dict[Slug, Slug] = Field(default_factory=dict)
    format: Settings = Field(default_factory=dict)
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None


class RecordsSystem(Closed):
    """What is known of a force's records system, and how well."""

    style: Line
    instance: Slug
    evidence: Line


class Expect(Closed):
    """What a day brings at least, and how soon the force acknowledges: what lies outside is an alarm."""

    daily_minimum: Number | None = None
    acknowledged_within: Annotated[timedelta | None, BeforeValidator(_within)] = ACKNOWLEDGED_WITHIN


class ForceFile(Closed):
    """A force: `mappings/forces/<force>.yaml`."""

    force: Slug
    name: Line
    nation: Literal["England", "Wales", "Great Britain"]
    ons_code: OnsCode = ""  # British Transport Police has none
    pnc_code: ForceCode
    records_system: RecordsSystem
    services: dict[Annotated[str, BeforeValidator(_service)], Annotated[GoLive, BeforeValidator(_go_live)]]
    routes: Annotated[list[RouteSection], Field(min_length=1)]
    expect: Expect = Expect()


class ProfileFile(Closed):
    """A profile: `mappings/profiles/<profile>/profile.yaml`."""

    profile: Slug
    title: Line
    about: Annotated[str, StringConstraints(min_length=1)]
    format: Settings
    transport: Settings
    drops: DropsSection = DropsSection()
    models: list[Annotated[str, BeforeValidator(_modelled)]] = Field(default_factory=list)
    fields: Fields = Field(default_factory=dict)
    ignore: Ignored = Field(default_factory=dict)
    skeleton: Skeleton
    checks: Slug | None = None


class OtherEndpoint(Closed):
    """What the endpoints file puts in place of a route's own, key by key."""

    instance: Slug | None = None
    environment: Environment | None = None


class OtherEnd(Closed):
    """Another far end for a route."""

    endpoint: OtherEndpoint = OtherEndpoint()
    transport: Settings = Field(default_factory=dict)
