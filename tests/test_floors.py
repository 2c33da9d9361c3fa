from importlib import import_module
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize("package", ["hub", "adapters", "flows", "console", "sandbox", "bench"])
def test_a_package_is_this_checkouts_and_not_another_of_that_name(package: str) -> None:
    file = import_module(package).__file__
    assert file is not None
    assert Path(file) == PROJECT / package / "__init__.py"
