"""Stand-in forces for as long as a `with` block lasts: for the demo, the benchmarks and the tests."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Self

from sandbox.endpoints import ENDPOINTS
from sandbox.faults import Fault, set_faults, struck
from sandbox.holdings import Held, holdings
from sandbox.serve import NotReady

PATIENCE = 60.0  # seconds for both servers and the force files


class StandIns:
    """The stand-ins of a folder. Entering waits until they listen (raises NotReady); leaving ends them, and what they hold stays.

    Without `mappings` they are those of the folder's last run. `at` is a time with offset at which their clocks stand still.
    With `tls` the REST stand-ins speak HTTPS, and the endpoints file names the authority to trust. `within` is the beginning of
    the command line that they are started with.
    """

    def __init__(
        self, folder: Path, mappings: Path | None, at: str | None = None, *, tls: bool = False, within: Sequence[str] = ()
    ) -> None:
        self.folder = folder.resolve()
        self._mappings = mappings
        self._at = at
        self._tls = tls
        self._within = within
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [*self._within, sys.executable, "-m", "sandbox.serve", "--with-parent", "--folder", str(self.folder)]
        command += ["--mappings", str(self._mappings)] if self._mappings else ["--as-before"]
        command += ["--at", self._at] if self._at else []
        command += ["--tls"] if self._tls else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own
        if not self._says_ready(self._process):
            self.stop()
            raise NotReady("the stand-ins did not start; the reason stands above")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def endpoints(self) -> Path:
        """The file for `HUB_ENDPOINTS`."""
        return self.folder / ENDPOINTS

    @property
    def pid(self) -> int | None:
        """The process that the two servers belong to."""
        return self._process.pid if self._process else None

    def holdings(self) -> dict[tuple[str, str], Held]:
        """What each force holds now, by force and route."""
        return holdings(self.folder)

    def faults(self, *faults: Fault) -> None:
        """From now on these faults strike, and no others."""
        set_faults(self.folder, *faults)

    def struck(self) -> Counter[str]:
        """How often each kind of fault has struck in this folder."""
        return struck(self.folder)

    def stop(self) -> None:
        """Ends the stand-ins; calling it twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()  # its servers end with it: their line is cut
            process.wait()
        if process.stdout:
            process.stdout.close()

    @staticmethod
    def _says_ready(process: "subprocess.Popen[bytes]") -> bool:
        """Waits for the line that says so; a process that says nothing in time is ended."""
        late = Timer(PATIENCE, process.kill)
        late.start()
        try:
            assert process.stdout  # noqa: S101 - it was started with a pipe
            return process.stdout.readline().startswith(b"ready")
        finally:
            late.cancel()
