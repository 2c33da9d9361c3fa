"""Every example of docs/rest.md is one that the hub takes, and every setting of the transport stands in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.registry import make_format, make_transport
from adapters.transports.rest.settings import Settings
from hub.documents import Data, read

GUIDE = (Path(__file__).parents[3] / "docs" / "rest.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def named(data: Data) -> Iterator[str]:
    """Every key in it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from named(value)


@pytest.fixture
def section(tmp_path: Path, request: pytest.FixtureRequest) -> Data:
    """An example as the registry reads it, its own force's names put in."""
    (tmp_path / "example.yaml").write_text(request.param.replace("{force_code}", "46").replace("{force}", "kent"), encoding="utf-8")
    return read(tmp_path / "example.yaml").data


@pytest.mark.parametrize("section", EXAMPLES, indirect=True, ids=range(len(EXAMPLES)))
def test_an_example_is_taken(section: Data, tmp_path: Path) -> None:
    (tmp_path / "incident.schema.json").write_text("{}")
    assert isinstance(section, dict)
    ((kind, settings),) = section.items()
    assert isinstance(settings, dict)
    if kind == "transport":
        make_transport(str(settings["name"]), settings).close()
    else:
        make_format(str(settings["name"]), {key: value for key, value in settings.items() if key != "name"}, tmp_path)


def test_no_setting_is_left_out_of_the_guide() -> None:
    for name in Settings.model_fields:
        assert re.search(rf"\b{name}\b", GUIDE), name
