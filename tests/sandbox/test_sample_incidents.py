"""The incidents under a sample: proportions kept, and what is made up said so."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from faker import Faker

from sandbox.sample import extract
from sandbox.sample.incidents import EXTRACT, RESIDENTS, endless, make_up, read, shares, weights

SOURCE = Path(__file__).parents[3] / "shared" / "data" / "police-uk-2019-01.csv.gz"


def test_shares_add_up_and_nobody_is_left_out() -> None:
    assert shares({"a": 1, "b": 1, "c": 1}, 10) == {"a": 4, "b": 3, "c": 3}
    assert shares({"a": 1000, "b": 1}, 10, at_least=1) == {"a": 9, "b": 1}
    assert shares({"a": 5, "b": 1, "c": 1}, 2, at_least=1) == {"a": 2, "b": 0, "c": 0}


def test_the_extract_has_rows_of_forty_forces_and_none_of_the_four() -> None:
    rows = read(EXTRACT)
    assert len(rows) == 40
    assert rows.keys().isdisjoint(RESIDENTS)
    assert sum(map(len, rows.values())) == 6_000


def test_a_force_without_rows_weighs_what_its_residents_would_record() -> None:
    real = read(EXTRACT)
    weighed = weights([*real, *RESIDENTS], real)
    assert weighed["kent"] == len(real["kent"])
    assert weighed["metropolitan"] == pytest.approx(6_000 * RESIDENTS["metropolitan"] / 42_390_825)
    assert weighed["metropolitan"] > weighed["west-midlands"] > weighed["greater-manchester"] > weighed["west-yorkshire"] > weighed["kent"]


def test_made_up_incidents_are_marked_and_lie_in_their_force() -> None:
    made = make_up("west-yorkshire", read(EXTRACT), Random(1), Faker("en_GB"))
    assert all(row.made_up and not row.area_code and -2.10 <= row.longitude <= -1.25 and 53.55 <= row.latitude <= 53.92 for row in made)


def test_no_row_comes_again_before_all_the_others() -> None:
    rows = read(EXTRACT)["city-of-london"]
    drawn = endless(rows, Random(1))
    twice = [next(drawn) for _ in range(2 * len(rows))]
    assert Counter(twice) == {row: 2 * count for row, count in Counter(rows).items()}


@pytest.mark.shared
def test_the_extract_is_made_of_the_real_rows_in_their_proportions(tmp_path: Path) -> None:
    if not SOURCE.exists():
        pytest.skip(f"{SOURCE.name} is not there")
    extract.extract(SOURCE, tmp_path / "again.csv.gz", 6_000)
    assert read(tmp_path / "again.csv.gz") == read(EXTRACT)
    whole = read(SOURCE)
    for force, rows in read(EXTRACT).items():
        assert len(rows) == pytest.approx(len(whole[force]) * 6_000 / 337_970, abs=8)
        assert set(rows) <= set(whole[force])
