from pathlib import Path

import pytest

from adapters.outcomes.chosen import platform_at
from adapters.outcomes.folder import FolderPlatform
from adapters.outcomes.rest import RestPlatform
from hub.contracts import Misconfigured
from tests.conformance.platforms import notice
from tests.servers.endpoint import Endpoint


def test_a_folder_is_written_to(tmp_path: Path) -> None:
    platform = platform_at(tmp_path)
    platform.tell(notice(1))
    assert isinstance(platform, FolderPlatform)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_says_which_adapter_and_with_what(tmp_path: Path) -> None:
    with Endpoint.start() as endpoint:
        file = tmp_path / "outcomes.yaml"
        file.write_text(f"name: rest\nurl: {endpoint.url}\ntimeouts: {{answer: 5}}\n")
        platform = platform_at(file)
        platform.tell(notice(1))
        platform.close()
        assert isinstance(platform, RestPlatform)
        assert endpoint.reports == {notice(1).key: notice(1).body}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: rset\nurl: x\n", "no platform is called 'rset'; did you mean 'rest'?"),
        ("url: https://platform.example/outcomes\n", "no platform is called ''"),
        ("name: [rest\n", r"outcomes\.yaml"),
        ("- rest\n", "the file should be a mapping"),
        (None, r"outcomes\.yaml"),
    ],
    ids=["misspelt", "no name", "not YAML", "a list", "no file"],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "outcomes.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Misconfigured, match=message):
        platform_at(file)
