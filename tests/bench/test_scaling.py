"""Scaling: how growth is computed from what several passes took."""

from pathlib import Path

import pytest

from bench.reporting.plots import draw
from bench.reporting.sections import scaling
from bench.scaling import growth


def test_growth_is_from_ten_thousand_reports_on() -> None:
    sizes = [
        {"reports": 1_000, "wall_s": 9.0, "peak_rss_mb": 200.0},
        {"reports": 10_000, "wall_s": 10.0, "peak_rss_mb": 300.0},
        {"reports": 1_000_000, "wall_s": 1_000.0, "peak_rss_mb": 330.0},
    ]
    found = growth(sizes)
    assert found == {"from": 10_000, "time_exponent": 1.0, "memory_exponent": pytest.approx(0.021, abs=0.001), "memory_growth": 1.1}
    assert growth(sizes[:2]) == {}


def test_the_page_says_how_it_grows_and_draws_it(tmp_path: Path) -> None:
    sizes = [
        {
            "reports": number,
            "wall_s": number / 1_000,
            "reports_per_s": 1_000.0,
            "hub_cpu_s": 1.0,
            "stand_in_cpu_s": 0.5,
            "peak_rss_mb": 300.0,
        }
        for number in (10_000, 100_000)
    ]
    result = {"sizes": sizes, "workers": [{"workers": 2, **sizes[0]}], **growth(sizes)}
    said = scaling(result)
    assert "time grows as reports^1.0, and memory as reports^0.0: to 1.0 times" in said
    assert "10,000 reports on PostgreSQL" in said
    assert [(tmp_path / file).read_text()[:5] for file in draw(tmp_path, "scaling", result)] == ["<?xml"]
