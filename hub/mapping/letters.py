"""Letters that a target cannot hold: written with the nearest that it can, and signalled by the caller."""

import re
import unicodedata
from collections.abc import Callable

# What no decomposition (NFKD) leads to ASCII. Welsh needs none of these: ŵ, ŷ and the circumflexes all decompose.
_NEAREST = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "•": "*", "·": ".", "×": "x", "÷": "/",
    "£": "GBP", "€": "EUR", "©": "(c)", "®": "(r)", "°": " deg", "¿": "?", "¡": "!", "§": "s.",
    "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d",
    "Þ": "Th", "þ": "th", "Ł": "L", "ł": "l", "ı": "i", "Ħ": "H", "ħ": "h",
}  # fmt: skip
_BREAKS = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
_FORMULA = re.compile("[\t\r\n]| *[=+\\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+([ .,]?[0-9]+)*")
_UNKNOWN = "?"  # every other letter: the signal says that something was lost
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # all that XML 1.0 leaves out


def to_ascii(text: str) -> str:
    """The text in ASCII alone: `ŵ` as `w`, `’` as `'`, what has no likeness as `?`."""
    return _written(text, "ascii")


def to_cp1252(text: str) -> str:
    """The text in the letters of Windows-1252: `ŵ` as `w`, while `ê` and `£` stay."""
    return _written(text, "cp1252")


def without_controls(text: str) -> str:
    """The text without the characters that XML 1.0 cannot hold, a space in the place of each; tabs and line ends stay."""
    return _UNWRITABLE.sub(" ", text)


def only_these(characters: str) -> Callable[[str], str]:
    """Writes a text in these characters alone (`A-Za-z0-9 '-`, a hyphen for itself first or last): `ŵ` as `w`, the rest as spaces."""
    pieces = re.findall(r"(?s).-.|.", characters)
    allowed = "".join(f"{re.escape(one[0])}-{re.escape(one[2])}" if len(one) == 3 else re.escape(one) for one in pieces)
    others = re.compile(f"[^{allowed}]")

    def nearest(found: re.Match[str]) -> str:
        return others.sub("", _nearest(found.group(), "ascii")) or " "

    return lambda text: others.sub(nearest, text)


def on_one_line(text: str) -> str:
    """The text without line ends and tabs, a space in the place of each run of them."""
    return _BREAKS.sub(" ", text)


def harmless(text: str) -> str:
    """The text so that a spreadsheet which opens it runs nothing: an apostrophe before what it would take for a formula.

    The rule is OWASP's (CSV injection): `=`, `+`, `-`, `@`, tab, carriage return or line feed first, blanks before them or not, and
    their full-width likenesses. Numbers and phone numbers (`-1.5`, `+44 7700 900123`) stay: nothing in them runs.
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _written(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        composed = unicodedata.normalize("NFC", text)  # an accent on its own would be lost from a letter that has it
        return "".join(letter if _holds(letter, encoding) else _nearest(letter, encoding) for letter in composed)
    return text


def _nearest(letter: str, encoding: str) -> str:
    if letter in _NEAREST:
        return _NEAREST[letter]
    if unicodedata.combining(letter):
        return ""
    kept = "".join(one for one in unicodedata.normalize("NFKD", letter) if _holds(one, encoding))
    return kept or _UNKNOWN


def _holds(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
