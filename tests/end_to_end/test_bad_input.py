"""One intake with everything in it that can be wrong, among good submissions: each is told, nothing else is affected, nothing is lost."""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
import pytest

from flows.wiring import Hub
from hub.causes import CODES
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.ledger import Ledger
from hub.ledger.trace import trace
from hub.quality.checks import Checks
from hub.settings import Settings
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import Carried, attachments_of, body_of, by_name, carry, held_of, holders, outcomes
from tests.end_to_end.conftest import LEDGERS, new_ledger
from tests.end_to_end.intake import AT, Wire, announce, crime, left_in, put

KENT, LANCASHIRE, DURHAM, GWENT = "46", "04", "11", "61"
PHOTO = jpeg(b"\xff\xd8\xff\xe0 a made-up photograph")
SECRET = b"something of the machine's own that no submission may fetch"


def _whole(wire: Wire) -> str:
    return orjson.dumps(wire).decode()


def _nested(levels: int) -> bytes:
    return _whole(crime(KENT)).replace('"criminal-damage"', "[" * levels + "]" * levels).encode()


def _with(path: str, value: str) -> bytes:
    """A crime in which the serial number's line is replaced by raw JSON."""
    return _whole(crime(KENT)).replace(path, value).encode()


BAD: dict[str, tuple[bytes, str]] = {  # what is in the file, and the code that it must get
    "empty.json": (b"", "not-json"),
    "blank.json": (b"  \n ", "not-json"),
    "array.json": (b"[" + _whole(crime(KENT)).encode() + b"]", "envelope-incomplete"),
    "text.json": (b'"a text"', "envelope-incomplete"),
    "html.json": (b"<html><body>502 Bad Gateway</body></html>", "not-json"),
    "cut-off.json": (_whole(crime(KENT)).encode()[:700], "not-json"),
    "bom.json": (b"\xef\xbb\xbf" + _whole(crime(KENT)).encode(), "not-json"),
    "nul-bytes.json": (b"\0" * 5000, "not-json"),
    "nul-inside.json": (_with("Window", "Win\\u0000dow"), "field-unreadable"),
    "latin-1.json": (_whole(crime(KENT)).replace("Tŵr", "Tour \xe9").encode("latin-1", "replace"), "not-json"),
    "deep.json": (_nested(100_000), "too-deep"),
    "deeper-than-any-report.json": (_nested(40), "too-deep"),
    "only-brackets.json": (b"[" * 100_000, "too-deep"),
    "huge-number.json": (_with('"450.00"', "9" * 5000), "not-json"),
    "huge-exponent.json": (_with('"450.00"', "1e999999"), "not-json"),
    "not-a-number.json": (_with('"450.00"', "NaN"), "not-json"),
    "many-pounds.json": (_with('"450.00"', "123456789012345678901234567890"), "field-unreadable"),
    "twice.json": (_with('"category":"OCR"', '"category":"OCR","category":"OCR"'), "duplicate-field"),
    "many-values.json": (_with('"criminal-damage"', "[" + "1," * 50_000 + "1]"), "too-large"),
    "unknown-service.json": (_whole(crime(KENT, category="ZZZ")).encode(), "unknown-service"),
    "unknown-force.json": (_whole(crime("00")).encode(), "unknown-force"),
    "force-as-number.json": (_whole(crime("46")).replace('"46"', "46").encode(), "envelope-incomplete"),
    "unknown-field.json": (_whole(crime(KENT, starSign="Aries")).encode(), "field-unknown"),
    "path-as-id.json": (_whole(crime(KENT, submissionId="../../../etc/passwd")).encode(), "envelope-incomplete"),
    "long-id.json": (_whole(crime(KENT, submissionId="a" * 100_000)).encode(), "envelope-incomplete"),
    "long-reference.json": (_whole(crime(KENT, customerReferenceNumber="A" * 100_000)).encode(), "envelope-incomplete"),
    "no-id.json": (_whole({k: v for k, v in crime(KENT).items() if k != "submissionId"}).encode(), "envelope-incomplete"),
    "year-0.json": (_whole(crime(KENT, submitTime="0000-01-01T00:00:00+00:00")).encode(), "envelope-incomplete"),
}
BAD_WITH_PHOTO = _whole(crime(KENT, attachments=[announce(PHOTO, "llun.jpg")])).replace("criminal-damage", "witchcraft").encode()
BAD["bad-with-photo.json"] = (BAD_WITH_PHOTO, "field-unreadable")
STOLEN = ("../../secret.txt", "/etc/hostname", "..", ".", "a/../../secret.txt", "..\\..\\secret.txt", "x" * 255, "link.jpg")
UNNAMEABLE = {"a\0.jpg": "field-unreadable", "x" * 256: "field-unreadable", "": "field-missing"}
GOOD_NAMES = ("-rf.jpg", "llun o'r tŷ.jpg", "a\nb.jpg", "$(reboot).jpg", "CON.jpg", "🚲.jpg", " .jpg")


@dataclass(frozen=True)
class BadDay:
    """An intake that was carried once, and what was put into it."""

    hub: Hub
    intake: Path
    carried: Carried
    good: dict[str, Wire]


@pytest.fixture(scope="module", params=LEDGERS)
def day(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, stand_ins: StandIns, registry: Registry, checks: Checks
) -> Iterator[BadDay]:
    folder = tmp_path_factory.mktemp("bad-day")
    intake = folder / "intake"
    good = {f"good-{code}.json": crime(code) for code in (KENT, LANCASHIRE, DURHAM, GWENT)}
    for name, wire in good.items():
        put(intake, name, wire)
    for name, (body, _) in BAD.items():
        put(intake, name, body)
    good |= _mixed_lines(intake) | _attachments(intake) | _hostile_file_names(intake)
    _what_is_no_file(folder, intake)
    _what_is_being_written(intake)
    with new_ledger(request) as url:
        settings = Settings.read({"HUB_HOME": str(folder / "home"), "HUB_LEDGER_URL": url, "HUB_ENDPOINTS": str(stand_ins.endpoints)})
        hub = Hub(settings, Ledger.open(settings.ledger_url, settings.store), registry, checks, Clock.at(datetime.fromisoformat(AT)))
        yield BadDay(hub, intake, carry(hub, intake, settle_seconds=60), good)
        hub.close()


def _mixed_lines(intake: Path) -> dict[str, Wire]:
    """Four good lines, two bad ones and empty ones, in one file."""
    first, second, third, fourth = (crime(code) for code in (KENT, LANCASHIRE, KENT, KENT))
    lines = [_whole(first), "{broken", "", _whole(second), _whole(third) + "\r", "\0\0", _whole(fourth)]
    put(intake, "mixed.ndjson", "\n".join(lines).encode())
    return {f"mixed.ndjson:{line}": wire for line, wire in ((1, first), (4, second), (5, third), (7, fourth))}


def _attachments(intake: Path) -> dict[str, Wire]:
    """Submissions that name files which are not theirs, which cannot be, and which only look frightening."""
    (intake.parent / "secret.txt").write_bytes(SECRET)
    for number, name in enumerate(STOLEN):
        wire = crime(KENT, attachments=[announce(SECRET, name)])
        put(intake, f"stolen-{number}.json", wire, {"other.jpg": PHOTO})
        if name == "link.jpg":
            (intake / "attachments" / wire["submissionId"] / name).symlink_to(intake.parent / "secret.txt")
    for number, name in enumerate(UNNAMEABLE):
        put(intake, f"unnameable-{number}.json", crime(KENT, attachments=[announce(PHOTO, name)]))
    wire = crime(KENT, attachments=[announce(PHOTO, name) for name in GOOD_NAMES])
    put(intake, "frightening.json", wire, dict.fromkeys(GOOD_NAMES, PHOTO))
    stray = crime(KENT, attachments=[announce(PHOTO, "a.jpg")])
    put(intake, "stray.json", stray, {"a.jpg": PHOTO, "b.jpg": b"nobody named this"})
    beside = intake / "attachments" / orjson.loads(BAD_WITH_PHOTO)["submissionId"]
    beside.mkdir()
    (beside / "llun.jpg").write_bytes(PHOTO)
    return {"frightening.json": wire, "stray.json": stray}


def _hostile_file_names(intake: Path) -> dict[str, Wire]:
    names = {b"\xff\xfe.json": "\\xff\\xfe.json", b"\xff" * 240 + b".json": "\\xff" * 240 + ".json", b"a\nb.json": "a\nb.json"}
    found = {shown[:300]: crime(KENT) for shown in names.values()}
    for name, wire in zip(names, found.values(), strict=True):
        put(intake, name, wire)
    return found


NO_FILES = {"a-folder.json", "dangling.json", "outside.json", "pipe.json"}


def _what_is_no_file(folder: Path, intake: Path) -> None:
    (intake / "a-folder.json").mkdir()
    (intake / "dangling.json").symlink_to("nowhere.json")
    put(folder, "outside.txt", crime(KENT))
    (intake / "outside.json").symlink_to(folder / "outside.txt")
    os.mkfifo(intake / "pipe.json")


BEING_WRITTEN = {"fresh.json", "half.json", ".hidden.json", "other.json.part"}


def _what_is_being_written(intake: Path) -> None:
    for name in (".hidden.json", "other.json.part"):
        put(intake, name, crime(KENT))
    for name, body in (("fresh.json", _whole(crime(KENT)).encode()), ("half.json", _whole(crime(KENT)).encode()[:300])):
        put(intake, name, body)
        os.utime(intake / name, (time.time(), time.time()))


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_quarantined_with_its_code_and_kept_byte_for_byte(day: BadDay, name: str) -> None:
    body, code = BAD[name]
    assert outcomes(day.hub.ledger)[name] == ("quarantined", code)
    assert body_of(day.hub.ledger, name) == body
    assert CODES[code].what
    assert CODES[code].do


def test_every_good_submission_of_the_same_pass_is_held_by_its_own_force(day: BadDay, stand_ins: StandIns) -> None:
    found = outcomes(day.hub.ledger)
    assert {name: found[name] for name in day.good} == dict.fromkeys(day.good, ("accepted", None))
    by_code = {wire["submissionId"]: [day.hub.registry.by_code(wire["forceIdentifier"]).slug] for wire in day.good.values()}  # type: ignore[union-attr]  # theirs are known
    assert holders(held_of(stand_ins, day.hub.ledger)) == by_code


def test_one_bad_line_keeps_no_other_line_from_leaving(day: BadDay) -> None:
    found = outcomes(day.hub.ledger)
    assert {name: found[name] for name in found if name.startswith("mixed")} == {
        "mixed.ndjson:1": ("accepted", None),
        "mixed.ndjson:2": ("quarantined", "not-json"),
        "mixed.ndjson:4": ("accepted", None),
        "mixed.ndjson:5": ("accepted", None),
        "mixed.ndjson:6": ("quarantined", "not-json"),
        "mixed.ndjson:7": ("accepted", None),
    }
    assert body_of(day.hub.ledger, "mixed.ndjson:2") == b"{broken"


def test_no_submission_fetches_a_file_that_is_not_its_own(day: BadDay, stand_ins: StandIns) -> None:
    found = outcomes(day.hub.ledger)
    for number, name in enumerate(STOLEN):
        assert found[f"stolen-{number}.json"] == ("quarantined", "attachment-missing"), name
    for number, code in enumerate(UNNAMEABLE.values()):
        assert found[f"unnameable-{number}.json"] == ("quarantined", code)
    assert (day.intake.parent / "secret.txt").read_bytes() == SECRET
    store = Path(day.hub.settings.store)
    assert [path for path in store.rglob("*") if path.is_file() and path.read_bytes() == SECRET] == []
    assert not any(payload.read() == SECRET for one in held_of(stand_ins, day.hub.ledger).values() for payload in one.payloads)


def test_a_frightening_name_of_a_file_travels_in_the_record_alone(day: BadDay, stand_ins: StandIns) -> None:
    submission_id = day.good["frightening.json"]["submissionId"]
    kent = held_of(stand_ins, day.hub.ledger)["kent", "records-system"]
    held = {payload.key: payload.read() for payload in kent.payloads if payload.key.startswith(f"{submission_id}.")}
    assert held == {f"{submission_id}.{n}.jpg": PHOTO for n in range(1, len(GOOD_NAMES) + 1)}


def test_what_is_no_file_is_neither_followed_nor_waited_for_nor_taken_away(day: BadDay) -> None:
    assert left_in(day.intake) >= NO_FILES
    assert (day.intake.parent / "outside.txt").exists()
    assert NO_FILES.isdisjoint(by_name(day.hub.ledger))


def test_the_intake_keeps_only_what_could_not_be_taken(day: BadDay) -> None:
    others = {path for path in left_in(day.intake) if not path.startswith("attachments/")}
    assert others == NO_FILES | BEING_WRITTEN


def test_a_file_that_is_being_written_is_taken_when_it_is_whole(day: BadDay) -> None:
    before = account(day.hub.ledger).total
    (day.intake / "half.json").write_bytes(_whole(whole := crime(KENT)).encode())
    assert carry(day.hub, day.intake, settle_seconds=60).picked_up.seen == 0
    then = time.time() - 120
    for name in ("fresh.json", "half.json"):
        os.utime(day.intake / name, (then, then))
    (day.intake / "other.json.part").rename(day.intake / "other.json")
    assert carry(day.hub, day.intake, settle_seconds=60).picked_up.seen == 3
    found = outcomes(day.hub.ledger)
    assert [found[name] for name in ("fresh.json", "half.json", "other.json")] == [("accepted", None)] * 3
    assert len(trace(day.hub.ledger, whole["submissionId"])) == 1
    assert account(day.hub.ledger).total == before + 3


def test_the_account_balances_and_no_submission_is_missing_from_it(day: BadDay) -> None:
    found = account(day.hub.ledger)
    assert found.balanced
    lines = 2  # bad lines of the file of many
    assert day.carried.picked_up.seen == len(BAD) + len(STOLEN) + len(UNNAMEABLE) + len(day.good) + lines
    assert found.total >= day.carried.picked_up.seen


def test_no_trace_of_a_bad_submission_repeats_what_was_in_it(day: BadDay) -> None:
    for name in BAD:
        standing = by_name(day.hub.ledger)[name]
        for one in trace(day.hub.ledger, standing.submission_id) if standing.submission_id else ():
            assert "Angharad" not in repr(one)
            assert "Stryd" not in repr(one)


def test_what_came_with_a_submission_that_cannot_be_read_is_kept_with_it(day: BadDay) -> None:
    submission_id = orjson.loads(BAD_WITH_PHOTO)["submissionId"]
    [one] = trace(day.hub.ledger, submission_id)
    assert outcomes(day.hub.ledger)["bad-with-photo.json"] == ("quarantined", "field-unreadable")
    assert one.digest == hashlib.sha256(BAD_WITH_PHOTO).hexdigest()
    assert attachments_of(day.hub.ledger, "bad-with-photo.json") == [(1, "image/jpeg", PHOTO)]
    assert not (day.intake / "attachments" / submission_id).exists()


def test_a_file_that_no_submission_names_stays_and_is_signalled(day: BadDay) -> None:
    submission_id = day.good["stray.json"]["submissionId"]
    assert [path.read_bytes() for path in (day.intake / "attachments" / submission_id).iterdir()] == [b"nobody named this"]
    [one] = trace(day.hub.ledger, submission_id)
    assert one.signals["attachment-not-named attachments"] == 1
