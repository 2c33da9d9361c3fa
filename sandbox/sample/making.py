"""Slots become submissions: the incident, the people, the text, the files, the fault, and what must become of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

import orjson
from faker import Faker

from hub.clock import LONDON, day_of
from hub.reports.services import BY_CATEGORY, SERVICES
from hub.words import UNKNOWN, Lane
from sandbox.sample.attachments import BIG, File, attachment
from sandbox.sample.draft import Draft
from sandbox.sample.expected import Fate
from sandbox.sample.faults import Planted
from sandbox.sample.incidents import Incident, endless, make_up, shares, weights
from sandbox.sample.people import People, Wire
from sandbox.sample.plan import Slot, Standing, plan, service_of
from sandbox.sample.stories import tell
from sandbox.sample.submissions import References, submission

ANONYMOUS = {  # assumed: how many reports of a service are anonymous, where they can be
    "crime": 0.06, "anti-social-behaviour": 0.12, "road-traffic": 0.05, "hate-crime": 0.06, "sexual-offences": 0.1, "corruption": 0.35,
    "tell-us-about": 0.3, "stop-and-search": 0.2,
}  # fmt: skip
IN_WELSH = {True: 0.18, False: 0.003}  # assumed: of reports to a force in Wales, and to one elsewhere
WITH_FILES = {"crime": 0.03, "anti-social-behaviour": 0.03, "road-traffic": 0.1, "hate-crime": 0.05, "lost-property": 0.02}  # assumed


@dataclass(frozen=True, slots=True)
class Made:
    """A submission ready to be written: its bytes, what lies beside it, and its fate but for the file's name."""

    body: bytes
    files: Sequence[File]
    fate: Fate


class Making:
    """Makes the submissions of one sample. The same seed, time and forces make the same bytes."""

    def __init__(self, seed: int, at: datetime, real: Mapping[str, Sequence[Incident]], forces: Mapping[str, Standing]) -> None:
        self._rng, self._at, self._forces = Random(seed), at, forces
        fake = Faker("en_GB")
        fake.seed_instance(seed)
        self._people = People(self._rng, fake, day_of(at))
        self._weights = weights(forces, real)
        self.made_up = sorted(slug for slug in forces if slug not in real)
        rows = {slug: real[slug] if slug in real else make_up(slug, real, self._rng, fake) for slug in forces}
        self._incidents = {slug: endless(rows[slug], self._rng) for slug in forces}
        self._references = References(self._rng)
        self._repeatable: list[Made] = []
        self._nothing_big_yet = self._nothing_welsh_yet = True
        self.planted: dict[str, int] = {}

    def submissions(self, total: int) -> Iterator[Made]:
        """Every submission, in the order in which they are to be written."""
        slots = plan(total, self._forces, self._weights, self._rng)
        self.planted = dict(Counter(slot.planted.kind for slot in slots if slot.planted))
        stride = max(1, total // 100)
        for number, (slot, when) in enumerate(zip(slots, self._times(len(slots)), strict=True)):
            if slot.planted and slot.planted.again:
                yield self._again(slot.planted, slot.nth)
                continue
            made = self._make(slot, when)
            if number % stride == 0 and slot.planted is None and not made.files:
                self._repeatable.append(made)
            yield made

    def clean(self, total: int) -> Iterator[Made]:
        """Submissions with nothing amiss and without files, for a measurement: all of them end as accepted."""
        counts = shares(self._weights, total, at_least=1)
        slots = [Slot(slug) for slug, count in counts.items() for _ in range(count)]
        self._rng.shuffle(slots)
        for slot, when in zip(slots, self._times(total), strict=True):
            yield self._make(slot, when, bare=True)

    def _times(self, total: int) -> list[datetime]:
        """When they were submitted: on the day before, most in the afternoon."""
        today = day_of(self._at)
        begin, end = (datetime.combine(day, time.min, LONDON).astimezone(UTC) for day in (today - timedelta(days=1), today))
        return sorted(begin + (end - begin) * min(self._rng.triangular(0, 1, 0.62), 0.99999) for _ in range(total))

    def _make(self, slot: Slot, when: datetime, *, bare: bool = False) -> Made:
        force, incident = self._forces[slot.force], next(self._incidents[slot.force])
        service = SERVICES[slot.service or service_of(incident, force.live, self._rng)]
        anonymous = slot.planted is None and self._rng.random() < ANONYMOUS.get(service.slug, 0)
        draft = Draft(self._rng, self._people, incident, service, self._language(force), anonymous, when)
        tell(draft, self._at)
        reference = self._references.next(f"{when:%y%b}".upper(), slot.planted.series if slot.planted else "")
        files = [] if bare else self._files(draft, slot)
        sent = submission(draft, force.pnc_code, reference, files)
        if slot.planted is None:
            return _clean(sent, draft, force, files)
        return _spoilt(sent, draft, force, slot.planted, slot.nth, files)

    def _language(self, force: Standing) -> str:
        first = force.welsh and self._nothing_welsh_yet
        if not first and self._rng.random() >= IN_WELSH[force.welsh]:
            return "en"
        self._nothing_welsh_yet = False
        return "cy"

    def _files(self, draft: Draft, slot: Slot) -> list[File]:
        wanted = slot.planted.file is not None if slot.planted else self._rng.random() < WITH_FILES.get(draft.service.slug, 0)
        if not wanted:
            return []
        size, self._nothing_big_yet = BIG if self._nothing_big_yet else None, False
        film = draft.digital.get("roadTraffic", {}).get("footage", False)
        first = attachment(self._rng, 1, film=film, size=size)
        return [first, attachment(self._rng, 2)] if self._rng.random() < 0.2 else [first]

    def _again(self, planted: Planted, nth: int) -> Made:
        """An earlier submission once more: the same bytes, or the same id with another text."""
        earlier = self._repeatable[nth % len(self._repeatable)]
        body = earlier.body
        if planted.kind == "conflict":
            sent = orjson.loads(body)
            body = orjson.dumps(sent | {"submissionContent": f"{sent['submissionContent']}\nOn second thoughts ({nth + 1})."})
        return Made(body, (), replace(earlier.fate, outcome=planted.outcome, code=planted.code, lane=None))


def _clean(sent: Wire, draft: Draft, force: Standing, files: list[File]) -> Made:
    fate = Fate("", None, sent["submissionId"], force.slug, draft.service.slug, "accepted", None, _lane(draft))
    return Made(orjson.dumps(sent), files, fate)


def _spoilt(sent: Wire, draft: Draft, force: Standing, planted: Planted, nth: int, files: list[File]) -> Made:
    """With its fault. Whatever the fault takes away of force, service or id is unknown to the hub too."""
    spoilt = planted.spoil(deepcopy(sent), nth)
    left = spoilt if isinstance(spoilt, dict) else {}
    service = BY_CATEGORY.get(left.get("category", ""))
    fate = Fate(
        "",
        None,
        left.get("submissionId"),
        force.slug if left.get("forceIdentifier") == force.pnc_code else UNKNOWN,
        service.slug if service else UNKNOWN,
        planted.outcome,
        force.held[draft.service.slug] if planted.outcome == "held" else planted.code,
        _lane(draft) if planted.laned else None,
    )
    return Made(spoilt if isinstance(spoilt, bytes) else orjson.dumps(spoilt), _as_found(files, planted.file), fate)


def _lane(draft: Draft) -> str:
    return Lane.URGENT if draft.urgent else Lane.ROUTINE


def _as_found(files: list[File], fault: str | None) -> list[File]:
    """The files as they lie there: one of them not, or with one byte that is another."""
    if fault == "missing":
        return files[1:]
    if fault == "altered":
        first = files[0]
        return [replace(first, body=first.body[:-1] + bytes([first.body[-1] ^ 1])), *files[1:]]
    return files
