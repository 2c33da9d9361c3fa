"""The certificate: its verdict, and that nothing it repeats can change its shape."""

import re
from datetime import UTC, datetime

import pytest

from hub.workbench.certificate import Certificate, Check, Result, as_html, as_markdown, as_object

AT = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def certificate(*results: Result, said: str = "fine") -> Certificate:
    checks = [Check(f"check {n}", "about it", result, (said,), 0.25) for n, result in enumerate(results)]
    return Certificate("testshire", "Testshire <Police>", AT, checks, {"forces/testshire.yaml": "0f" * 32}, {"soh-hub": "0.1.0"})


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((Result.PASSED, Result.NOTED), "ready"),
        ((Result.PASSED, Result.LEFT_OUT), "not complete"),
        ((Result.LEFT_OUT, Result.FAILED), "not ready"),
    ],
)
def test_the_worst_result_decides(results: tuple[Result, ...], verdict: str) -> None:
    found = certificate(*results)
    assert (found.verdict, as_object(found)["verdict"]) == (verdict, verdict)
    assert f"**{verdict.capitalize()}**, 02 July 2026, 00:30:00 BST." in as_markdown(found)
    assert f'<span class="verdict {verdict.replace(" ", "-")}">{verdict}</span>, 02 July 2026, 00:30:00 BST' in as_html(found)


def test_what_it_repeats_can_neither_end_a_cell_nor_begin_a_tag() -> None:
    found = certificate(Result.FAILED, said="a | b <script>alert(1)</script>\nc")
    assert "<script>" not in as_html(found)
    row = next(line for line in as_markdown(found).splitlines() if "check 0" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "<script>" not in row
    assert "Testshire &lt;Police&gt;" in as_html(found)


def test_it_has_every_file_with_its_digest_and_how_long_each_check_took() -> None:
    for page in (as_markdown(certificate(Result.PASSED)), as_html(certificate(Result.PASSED))):
        assert "forces/testshire.yaml" in page
        assert "0f" * 32 in page
        assert "0.25 s" in page
