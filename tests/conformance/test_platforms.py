"""What tells the platform keeps its promises: a folder, and an HTTP server that is not ours."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.registry import make_platform
from hub.contracts import Notice
from tests.conformance.platforms import PlatformPromises, PlatformSubject
from tests.servers.endpoint import Endpoint, Scripted
from tests.servers.openssh import free_port


class TestFolderPlatform(PlatformPromises):
    adapter = "folder"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> PlatformSubject:
        def held(notice: Notice) -> Sequence[bytes]:
            return [path.read_bytes() for path in tmp_path.iterdir() if notice.key in path.name]

        def refuses(notice: Notice) -> None:
            (tmp_path / f"{notice.key}.ndjson").write_bytes(b"somebody else's")

        return PlatformSubject(
            make=lambda: make_platform("folder", {"path": str(tmp_path)}),
            unreachable=lambda: make_platform("folder", {"path": str(tmp_path / "not-there")}),
            held=held,
            refuses=refuses,
        )


class TestRestPlatform(PlatformPromises):
    adapter = "rest"

    @pytest.fixture
    def subject(self) -> Iterator[PlatformSubject]:
        with Endpoint.start() as endpoint:

            def held(notice: Notice) -> Sequence[bytes]:
                return [body for key, body in endpoint.reports.items() if key == notice.key]

            def refuses(_notice: Notice) -> None:
                endpoint.script = deque([Scripted(422, body=b'{"errors": [{"code": "bad-line"}]}')])

            yield PlatformSubject(
                make=lambda: make_platform("rest", {"url": endpoint.url}),
                unreachable=lambda: make_platform("rest", {"url": f"http://127.0.0.1:{free_port()}/outcomes"}),
                held=held,
                refuses=refuses,
            )
