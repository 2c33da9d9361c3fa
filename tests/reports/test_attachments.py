"""The names under which attachments travel: made by the hub alone."""

import pytest

from hub.reports.attachments import attachment_name


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [("image/jpeg", "jpg"), ("video/mp4", "mp4"), ("application/pdf", "pdf"), ("application/x-unheard-of", "bin"), ("text/html", "bin")],
)
def test_an_attachment_is_named_by_its_report_its_number_and_its_type(media_type: str, extension: str) -> None:
    name = attachment_name("0f8fad5b-d9cb-469f-a165-70867728950e", 2, media_type)
    assert name == f"0f8fad5b-d9cb-469f-a165-70867728950e.2.{extension}"
