"""Reports whose every field is a canary, and the search for one where nothing of a report may be."""

import base64
import quopri
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from sandbox.sample.attachments import jpeg
from tests.end_to_end.intake import Wire, announce, crime
from tests.end_to_end.searching import standing_in

MARK = "Qzwxjv"  # what every canary that may be any text begins with; no word, no key and no code has it
_LETTERS = "bcdfghjklmnpqrst"
TYPED = MappingProxyType(  # canaries where only a phone, a date, a number or a point may stand
    {
        "phone": "+447700900417",
        "dateOfBirth": "1951-07-23",
        "occurredFrom": "2026-11-20T21:43:17+00:00",
        "occurredTo": "2026-11-20T22:47:53+00:00",
        "latitude": 51.7319468213,
        "longitude": -1.2946173085,
        "value": "731946.53",
        "uprn": "731946820517",
        "postcode": "ZE3 9QX",
        "vrm": "QZW7319",
    }
)
_WRITTEN_OTHERWISE = (
    "7700900417",
    "7700 900417",
    "23/07/1951",
    "19510723",
    "2026-11-20 21:43",
    "2026-11-20T21:43",
    "2026-11-20T22:47",
    "51.73194",
    "-1.29461",
    "ZE39QX",
)
PHOTO = jpeg(b"\xff\xd8\xff\xe0" + f"{MARK}photo inside a made-up photograph".encode())


class _Canaries:
    """Texts that occur nowhere else: of letters alone, and short enough for every field."""

    def __init__(self) -> None:
        self._count = 0

    def next(self) -> str:
        self._count += 1
        return MARK + "".join(_LETTERS[(self._count >> shift) & 15] for shift in (12, 8, 4, 0))

    def of(self, *names: str) -> dict[str, str]:
        return {name: self.next() for name in names}


def report(force: str, **envelope: object) -> Wire:
    """A crime for the force of this code with every text, date, number and coordinate a canary, and a photograph that has one inside."""
    some = _Canaries()
    wire = crime(
        force, submissionContent=f"OFFICIAL\n{some.next()} said, and {some.next()} ŷ answered.", attachments=[_photo()], **envelope
    )
    wire["digitalReport"] = {
        "anonymous": False,
        "involvement": "victim",
        "reportedBefore": True,
        "previousReference": some.next(),
        "people": [_person("P1", ["reporter", "victim"], some), _person("P2", ["suspect"], some)],
        "incident": some.of("description", "weapon")
        | {"occurredFrom": TYPED["occurredFrom"], "occurredTo": TYPED["occurredTo"], "offence": "criminal-damage", "injury": "minor"},
        "locations": [_location(some)],
        "vehicles": [{"id": "V1", "vrm": TYPED["vrm"], "driverId": "P2"} | some.of("make", "model", "colour", "insurer")],
        "property": [
            {"id": "I1", "status": "damaged", "value": TYPED["value"]} | some.of("description", "make", "model", "serialNumber"),
        ],
        "safeguarding": {"vulnerable": True},
    }
    return wire


def _photo() -> Wire:
    return announce(PHOTO, f"{MARK}name.jpg")


def _person(name: str, roles: list[str], some: _Canaries) -> Wire:
    texts = some.of("title", "givenNames", "familyName", "communicationNeeds", "safeContact", "relationship", "description")
    reached = {"phone": TYPED["phone"], "email": f"{some.next()}@example.org", "dateOfBirth": TYPED["dateOfBirth"]}
    return {
        "id": name,
        "roles": roles,
        "gender": "female",
        "address": _address(some),
        "previousAddresses": [_address(some)],
        **texts,
        **reached,
    }


def _address(some: _Canaries) -> Wire:
    return some.of("saon", "paon", "street", "locality", "town") | {"postcode": TYPED["postcode"], "uprn": TYPED["uprn"]}


def _location(some: _Canaries) -> Wire:
    point = {"id": "L1", "latitude": TYPED["latitude"], "longitude": TYPED["longitude"], "address": _address(some)}
    return point | some.of("premises", "publicTransport", "description")


def spellings(texts: Iterable[str]) -> dict[bytes, str]:
    """Every way in which these may stand in a file, in small letters where capitals make no difference, by what they spell."""
    return {form: text for text in texts for form in _forms(text)}


def _forms(text: str) -> Iterator[bytes]:
    plain = text.encode()
    for code in ("utf-8", "utf-16-le", "utf-16-be"):
        yield text.encode(code).lower()
    yield plain.hex().encode()
    yield quote(text, safe="").encode().lower()
    yield quopri.encodestring(plain, quotetabs=True).lower()
    yield text.encode("ascii", "backslashreplace").lower()
    for shift, first in enumerate((0, 2, 3)):  # base64 has three faces, by where in a run of bytes the text begins
        yield base64.b64encode(b"\0" * shift + plain)[first : (shift + len(plain)) * 8 // 6].lower()


CANARIES = (MARK, *(str(value) for value in TYPED.values()), *_WRITTEN_OTHERWISE)


def found_in(content: bytes, forms: Mapping[bytes, str]) -> set[str]:
    """What of these stands in the content, however it is written."""
    return {forms[form] for form in standing_in(content.lower(), forms)}


def found_under(folder: Path, forms: Mapping[bytes, str], leave_out: Iterable[Path] = ()) -> dict[str, set[str]]:
    """What of these stands in a file of the folder, or in the name of one; the bytes of what is left out are not read, its name is."""
    apart = tuple(leave_out)
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        kept = any(path == one or one in path.parents for one in apart)
        content = b"" if kept or not path.is_file() else path.read_bytes()
        if leaks := found_in(bytes(path.relative_to(folder)) + b"\n" + content, forms):
            found[str(path.relative_to(folder))] = leaks
    return found
