"""Watches the whole run: the suite fails where any process of it reached beyond this machine."""

import os
import tempfile
from pathlib import Path

import pytest

from tests.watching.sitecustomize import FILE

FOLDER = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Tell every process to come, the workers among them, where to write; they hear from their start."""
    if hasattr(config, "workerinput"):
        return
    descriptor, path = tempfile.mkstemp(prefix="soh-hub-reached-")
    os.close(descriptor)
    os.environ[FILE] = path
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
    import tests.watching.sitecustomize as watch

    if not config.pluginmanager.has_plugin("watching"):
        import sys

        sys.addaudithook(watch._hear)
        config.pluginmanager.register(_Verdict(Path(path)), "watching")


class _Verdict:
    def __init__(self, reached: Path) -> None:
        self._reached = reached

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._reached.read_text() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        lines = sorted(set(self._reached.read_text().splitlines()))
        self._reached.unlink(missing_ok=True)
        if lines:
            terminalreporter.section("reached beyond this machine", red=True)
            terminalreporter.write("".join(f"{line}\n" for line in lines))
        else:
            terminalreporter.write_line("No process of this run reached for anything beyond this machine.")
