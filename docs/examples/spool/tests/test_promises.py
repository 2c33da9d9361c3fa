"""Our adapters keep the hub's promises: the same kit as its own."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from adapters.registry import make_format, make_source, make_transport
from hub.contracts import Payload
from hub.mapping.record import Record
from tests.adapters.formats.records import record, value
from tests.conformance.formats import FormatPromises, FormatSubject
from tests.conformance.sources import SourcePromises, SourceSubject
from tests.conformance.transports import Acknowledges, Finds, Streams, TransportSubject


class TestSpoolTransport(Finds, Acknowledges, Streams):
    adapter = "spool"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> TransportSubject:
        arriving, answering = tmp_path / "in", tmp_path / "out"
        arriving.mkdir()
        answering.mkdir()
        numbers = itertools.count()

        def held(payload: Payload) -> Sequence[bytes]:
            return [path.read_bytes() for path in arriving.iterdir() if payload.name in path.name]

        def acknowledge(said: Sequence[Mapping[str, object]]) -> None:
            (answering / f"{next(numbers):03}.ack.json").write_text("".join(f"{json.dumps(one)}\n" for one in said))

        def made(folder: Path) -> Mapping[str, object]:
            return {"directory": str(folder / "in"), "acknowledgements": str(folder / "out")}

        return TransportSubject(
            make=lambda: make_transport("spool", made(tmp_path)),
            unreachable=lambda: make_transport("spool", made(tmp_path / "not-mounted")),
            held=held,
            acknowledge=acknowledge,
        )


class TestCountedLines(FormatPromises):
    adapter = "counted-lines"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> FormatSubject:
        schema = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 80}}}
        (tmp_path / "report.schema.json").write_text(json.dumps(schema))

        def report(key: str, text: str) -> Record:
            return record(key, value("id", key), value("text", text))

        return FormatSubject(
            make=lambda: make_format("counted-lines", {"schema": "report.schema.json"}, tmp_path),
            report=report,
            broken=lambda key: report(key, "canary" * 20),
            texts=lambda body: [json.loads(line)["text"] for line in body.decode().split("\n")[1:-2]],
        )


class TestSpoolSource(SourcePromises):
    adapter = "spool"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> SourceSubject:
        numbers = itertools.count()

        def arrive(body: bytes, attachments: Mapping[str, bytes]) -> None:
            folder = tmp_path / f".{next(numbers):03}"
            folder.mkdir()
            for name, content in {**attachments, "submission.json": body}.items():
                (folder / name).write_bytes(content)
            folder.rename(tmp_path / folder.name.removeprefix("."))

        return SourceSubject(
            make=lambda: make_source("spool", {"directory": str(tmp_path)}),
            arrive=arrive,
            left=lambda: sum(path.is_file() for path in tmp_path.rglob("*")),
        )
