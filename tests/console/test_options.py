from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from console.options import AsJson, At, Forces, answer, fail
from hub.clock import Clock


@pytest.fixture
def run() -> Callable[..., tuple[int, str, str]]:
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    def report(at: At = Clock(), forces: Forces = None, as_json: AsJson = False) -> None:  # noqa: B008 a frozen value
        if not as_json:
            fail("kent: the ledger cannot be read; see HUB_LEDGER_URL")
        answer({"at": at.now(), "forces": forces, "name": "Dyfed-Powys · ŵ"})

    def invoke(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, words)
        return result.exit_code, result.stdout, result.stderr

    return invoke


def test_json_is_one_object_on_standard_output(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run("--json", "--at", "2021-03-08T06:00:00+01:00", "--force", "kent", "--force", "gwent") == (
        0,
        '{"at": "2021-03-08 05:00:00+00:00", "forces": ["kent", "gwent"], "name": "Dyfed-Powys · ŵ"}\n',
        "",
    )


def test_a_failure_is_said_on_standard_error(run: Callable[..., tuple[int, str, str]]) -> None:
    assert run() == (1, "", "kent: the ledger cannot be read; see HUB_LEDGER_URL\n")


@pytest.mark.parametrize("text", ["2021-03-08T06:00:00", "yesterday"])
def test_a_time_without_offset_or_sense_is_refused_with_an_example(run: Callable[..., tuple[int, str, str]], text: str) -> None:
    exit_code, _, said = run("--at", text)
    assert exit_code == 2
    assert "2026-11-22T06:00:00+00:00" in said
