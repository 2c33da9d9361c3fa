"""A page that is followed step by step: its files are written where it says, its commands typed in their order."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A file to write (`how` is its path), or a command (`how` is empty, `fails` or `background`)."""

    kind: str
    how: str
    text: str


def steps_of(page: str) -> Iterator[Step]:
    """What the page tells its reader to do. A block that is neither commands nor has a path is only shown."""
    for language, how, text in _BLOCK.findall(page):
        if language == "sh":
            yield from (Step("command", how, line) for line in text.splitlines())
        elif how:
            yield Step("file", how, text)


class Shell:
    """A person's shell in a folder of their own. What it starts in the background it ends."""

    def __init__(self, folder: Path, **environment: str) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
        self.folder = folder
        self._environment = {**plain, "PATH": path, "COLUMNS": "200", **environment}
        self._background: list[subprocess.Popen[bytes]] = []

    def follows(self, step: Step) -> str:
        """What the step says; one that does otherwise than the page says ends the test."""
        if step.kind == "file":
            path = self.folder / step.how
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            return ""
        if step.how == "background":
            self._starts(step.text)
            return ""
        ran = self.types(step.text)
        assert (ran.returncode != 0) == (step.how == "fails"), f"{step.text}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout + ran.stderr

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, timeout=400
        )

    def leaves(self) -> None:
        for process in self._background:
            process.terminate()
            process.wait(30)
            if process.stdout:
                process.stdout.close()

    def _starts(self, command: str) -> None:
        """Waits until it says that it is ready."""
        process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=self.folder, env=self._environment, stdout=subprocess.PIPE)
        self._background.append(process)
        assert process.stdout
        assert process.stdout.readline().startswith(b"ready")
