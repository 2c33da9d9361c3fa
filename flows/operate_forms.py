"""The forms of the operator's actions: what Prefect's UI asks for, with its choices and help.

Prefect stores what is entered, so a form takes identifiers and choices alone, and its API refuses anything else before it is stored:
a report is named by an id, a reference with a hyphen, or a number, and a reason is one of a list. Choices that stand in files (forces,
third parties, codes) are those on file where the deployment is made.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from hub.causes import CODES
from hub.documents import InvalidDocument
from hub.forces.registry import far_ends
from hub.ledger.choosing import Wanted
from hub.quality.folder import read_suites
from hub.reasons import MAY_HAVE_ARRIVED, SEND_AGAIN
from hub.settings import Settings
from hub.steps.operate import third_parties
from hub.words import UNKNOWN, Severity

ANY = "any"
_SHOWN = 3  # names in the title of a run


class Choices:
    """Offers what is on file when the form is made. The action decides: a force added since is found there, whatever the form offers."""

    def __init__(self, found: Callable[[], Iterable[str]], *more: str) -> None:
        self._found = found
        self._more = more

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        try:
            return handler(schema) | {"enum": [*self._more, *sorted(set(self._found()))]}
        except InvalidDocument:  # a broken file is the registry's to tell; the form then takes any name
            return handler(schema)


def _forces() -> Iterable[str]:
    return (path.stem for path in (Settings.read().mappings / "forces").glob("*.y*ml"))


def _third_parties() -> Iterable[str]:
    return third_parties(Settings.read().mappings)


def _codes() -> Iterable[str]:
    """Every code for which a report can be in quarantine."""
    rules = read_suites(Settings.read().expectations).rules()
    return {code.code for code in CODES.values() if code.cause} | {rule.code for _, rule in rules if rule.severity is Severity.BLOCK}


_SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

Name = Annotated[str, Field(pattern=f"^(#[0-9]{{1,18}}|{_UUID}|[A-Z0-9]+(-[A-Z0-9]+)+)$", max_length=64)]
Drop = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+){2,4}$")]
Force = Annotated[str, Field(pattern=_SLUG), Choices(_forces)]
ThirdParty = Annotated[str, Field(pattern=_SLUG), Choices(_third_parties)]
AnyForce = Annotated[str, Field(pattern=_SLUG), Choices(_forces, ANY, UNKNOWN)]
AnyCode = Annotated[str, Field(pattern=_SLUG), Choices(_codes, ANY)]


def _endpoints() -> Iterable[str]:
    settings = Settings.read()
    return _endpoints_of(settings.mappings, settings.endpoints)


@cache  # a form's schema is made whenever its module is imported
def _endpoints_of(mappings: Path, endpoints: Path | None) -> frozenset[str]:
    return frozenset(f"{end.instance}/{end.environment}" for end in far_ends(mappings, endpoints))


Endpoint = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}/(live|test|sandbox)$"), Choices(_endpoints)]
Owner = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,39}$")]


class Reports(BaseModel):
    """Which reports: name them, or say a force, a code, or how many of the oldest. What is given narrows what is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: list[Name] = Field(
        [], max_length=1_000, title="Reports", description="Submission ids, references, or numbers of arrivals: #17. One an item."
    )
    force: AnyForce = Field(ANY, title="Of the force", description="All of this force; `unknown`: those whose force nobody knows.")
    code: AnyCode = Field(ANY, title="With the code", description="All that are in quarantine, or held, for this code.")
    route: Annotated[str, Field(pattern=_SLUG)] = Field(
        ANY, title="On the route", description="Only on this route, as the force's file calls it: a copy's, say."
    )
    oldest: int = Field(0, ge=0, le=1_000_000, title="The oldest", description="So many at most, the oldest first. 0: all.")

    def wanted(self) -> Wanted:
        """The same as the ledger is asked."""
        force, code, route = (None if said == ANY else said for said in (self.force, self.code, self.route))
        return Wanted(tuple(self.names), force, code, route, oldest=self.oldest or None)

    def __str__(self) -> str:
        """As the title of a run says it: `SOH-26NOV-8F3K2A, #17`, or `the oldest 5 of essex with rejected`."""
        names = ", ".join(self.names[:_SHOWN])
        more = f" and {len(self.names) - _SHOWN:,} more" if len(self.names) > _SHOWN else ""
        which = f"{names}{more}" or (f"the oldest {self.oldest:,}" if self.oldest else "all")
        narrowed = ((" of ", self.force), (" with ", self.code), (" on ", self.route))
        return which + "".join(f"{word}{said}" for word, said in narrowed if said != ANY)


class Voiding(StrEnum):
    """Whether a drop is voided of which something may have arrived."""

    ONLY_IF_NOTHING_ARRIVED = "only if nothing of it can have arrived"
    ALTHOUGH = MAY_HAVE_ARRIVED


class Replaying(StrEnum):
    """Whether what the force has is sent a second time."""

    QUARANTINE_ALONE = "what is in quarantine alone"
    SEND_AGAIN = SEND_AGAIN
