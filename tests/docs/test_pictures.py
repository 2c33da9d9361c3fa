"""The guide's pictures are there, small, and all of them shown."""

import re

from hub.settings import PROJECT

DOCS = PROJECT / "docs"
LARGEST = 150_000  # bytes


def test_every_picture_is_shown_small_and_there() -> None:
    shown = {
        name for page in DOCS.glob("*.md") for name in re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {picture.name for picture in (DOCS / "pictures").iterdir()}
    assert {picture.name for picture in (DOCS / "pictures").iterdir() if picture.stat().st_size >= LARGEST} == set()
