"""The machine that something was measured on, so that a number is never read without it."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("prefect", "sqlalchemy", "paramiko", "httptools", "great-expectations", "pandas", "lxml", "msgspec", "orjson")


def machine() -> dict[str, object]:
    """Cores, processor, memory, system, versions, and when."""
    return {
        "cores": os.cpu_count(),
        "cpu": _first("/proc/cpuinfo", r"model name\s*:\s*(.+)") or platform.processor(),
        "memory_gb": round(int(_first("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) * 1024 / 1e9, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),  # what else the machine was doing
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def _first(path: str, pattern: str) -> str | None:
    try:
        found = re.search(pattern, Path(path).read_text())
    except OSError:
        return None
    return found[1].strip() if found else None
