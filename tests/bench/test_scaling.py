"""Scaling: how growth is computed from what several passes took."""

import pytest

from bench.scaling import growth


def test_growth_is_from_ten_thousand_reports_on() -> None:
    sizes = [
        {"reports": 1_000, "wall_s": 9.0, "peak_rss_mb": 200.0},
        {"reports": 10_000, "wall_s": 10.0, "peak_rss_mb": 300.0},
        {"reports": 1_000_000, "wall_s": 1_000.0, "peak_rss_mb": 330.0},
    ]
    found = growth(sizes)
    assert found == {"time_exponent": 1.0, "memory_exponent": pytest.approx(0.021, abs=0.001), "memory_growth": 1.1}
    assert growth(sizes[:2]) == {}
