"""A draft becomes the JSON that the platform would send: envelope, whole text, report."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from hub.clock import LONDON
from sandbox.sample import welsh
from sandbox.sample.attachments import File
from sandbox.sample.draft import Draft, written
from sandbox.sample.people import Wire
from sandbox.sample.texts import labels, story

SENSITIVE = frozenset({"domestic-abuse", "sexual-offences", "sarahs-law", "clares-law", "hate-crime", "corruption"})
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class References:
    """Customer reference numbers, each once: `SOH-26NOV-8F3K2A`.

    Two series are kept for what a stand-in force says no to: `SOH-ZZ…` it rejects in its acknowledgement, `SOH-YY…` it refuses at the door.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def next(self, month: str, series: str = "") -> str:
        while True:
            reference = f"SOH-{series}{month}-{''.join(self._rng.choices(ALPHABET, k=6))}"
            if reference not in self._given:
                self._given.add(reference)
                return reference


def submission(draft: Draft, force_code: str, reference: str, files: Sequence[File]) -> Wire:
    """The submission's JSON, with every field that is populated and no other."""
    return {
        "submissionId": str(UUID(int=draft.rng.getrandbits(128), version=4)),
        "customerReferenceNumber": reference,
        "forceIdentifier": force_code,
        "category": draft.service.category,
        "submitTime": written(draft.submitted_at),
        "submissionContent": _content(draft, reference),
        "formVersion": "3.2",
        "language": draft.language,
        "digitalReport": draft.digital,
        "attachments": [file.listed() for file in files],
    }


def _content(draft: Draft, reference: str) -> str:
    """The whole submission as text; its first line is the protective marking."""
    word, digital = labels(draft.language), draft.digital
    title = welsh.SERVICES[draft.service.slug] if draft.language == "cy" else draft.service.title
    lines = ["OFFICIAL-SENSITIVE" if draft.service.slug in SENSITIVE else "OFFICIAL", "", title]
    lines.append(f"{word['reference']}: {reference}")
    lines.append(f"{word['submitted']}: {draft.submitted_at.astimezone(LONDON):%d/%m/%Y %H:%M}")
    lines += _who(draft, word)
    lines += _when_and_where(digital, word)
    lines.append(f"{word['what']}: {_what(draft)}")
    lines += [f"{word['vehicles']}: {each.get('vrm', '?')} {each['make']} {each['model']}" for each in digital.get("vehicles", ())]
    lines += [f"{word['property']}: {each['description']}, £{each['value']}" for each in digital.get("property", ())]
    return "\n".join(lines)


def _who(draft: Draft, word: dict[str, str]) -> list[str]:
    if draft.anonymous:
        return [word["anonymous"]]
    reporter: dict[str, Any] = draft.digital["people"][0]
    name = f"{word['name']}: {reporter['title']} {reporter['givenNames']} {reporter['familyName']}"
    return [name, f"{word['contact']}: {reporter['email']} {reporter.get('phone', '')}".rstrip()]


def _when_and_where(digital: Wire, word: dict[str, str]) -> list[str]:
    lines = []
    began = digital.get("incident", {}).get("occurredFrom") or digital.get("missing", {}).get("lastSeenAt")
    if began:
        lines.append(f"{word['when']}: {began}")
    for place in digital.get("locations", ()):
        address = place.get("address", {})
        named = (place.get("premises"), place.get("publicTransport"), address.get("street"), address.get("town"))
        lines.append(f"{word['where']}: {', '.join(filter(None, named))}")
    return lines


def _what(draft: Draft) -> str:
    digital = draft.digital
    told = digital.get("incident", {}).get("description") or digital.get("disclosure", {}).get("reason")
    return told or story(draft.rng, draft.language, "other")
