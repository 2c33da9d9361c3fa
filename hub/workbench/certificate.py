"""The onboarding certificate: what was checked of a force, with what result, when, and on which files."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from pathlib import Path

from hub.clock import LONDON
from hub.workbench.opened import OpenRoute


class Result(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    NOTED = "noted"  # somebody should know, and nothing stands in the way
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: `said` is what was found, a line each; `seconds` how long it took."""

    name: str
    about: str
    result: Result
    said: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class Certificate:
    """The whole examination of a force. `files` are the SHA-256 of what it was examined by, `versions` of what it was examined with."""

    force: str
    name: str
    at: datetime
    checks: Sequence[Check]
    files: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def verdict(self) -> str:
        """`ready`, `not ready`, or `not complete` where nothing failed and something was left out."""
        results = {check.result for check in self.checks}
        return "not ready" if Result.FAILED in results else "not complete" if Result.LEFT_OUT in results else "ready"


def digests(opened: Iterable[OpenRoute], mappings: Path, slug: str) -> dict[str, str]:
    """The SHA-256 of the force's file and of everything in its profiles that decides, by path below the mappings folder."""
    paths = {mappings / "forces" / f"{slug}.yaml"}
    for each in opened:
        folder = each.route.folder
        paths |= {path for path in (*folder.glob("*"), *folder.glob("codes/*.csv")) if path.is_file()}
        paths |= {each.codes / f"{own}.csv" for own in each.section.codes.values()}
    return {path.relative_to(mappings).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def as_object(found: Certificate) -> dict[str, object]:
    """The certificate for a program."""
    checks = [
        {"name": each.name, "about": each.about, "result": each.result, "said": list(each.said), "seconds": round(each.seconds, 3)}
        for each in found.checks
    ]
    return {
        "force": found.force,
        "verdict": found.verdict,
        "at": found.at.isoformat(),
        "checks": checks,
        "files": dict(found.files),
        "versions": dict(found.versions),
    }


def as_markdown(found: Certificate) -> str:
    """The certificate as a page that a force and a supplier can both file."""
    return "\n".join(_markdown(found)) + "\n"


def as_html(found: Certificate) -> str:
    """The same as one HTML file that needs nothing else."""
    rows = "".join(map(_row, found.checks))
    files = "".join(f"<tr><td>{escape(path)}</td><td><code>{digest}</code></td></tr>" for path, digest in found.files.items())
    return _PAGE.format(
        title=escape(_title(found)),
        verdict=escape(found.verdict),
        kind=found.verdict.replace(" ", "-"),
        when=escape(_when(found)),
        rows=rows,
        files=files,
        versions=escape(_versions(found)),
    )


def _row(check: Check) -> str:
    said = "<br>".join(map(escape, check.said))
    what = f"{escape(check.name)}<small>{escape(check.about)}</small>"
    cells = f"<td>{_MARKS[check.result]} {check.result}</td><th scope='row'>{what}</th><td>{said}</td><td>{check.seconds:.2f} s</td>"
    return f"<tr class='{check.result.replace(' ', '-')}'>{cells}</tr>"


_MARKS = {Result.PASSED: "✓", Result.NOTED: "•", Result.FAILED: "✗", Result.LEFT_OUT: "–"}


def mark(result: Result) -> str:
    """The sign of a result."""
    return _MARKS[result]


def _markdown(found: Certificate) -> Iterator[str]:
    yield f"# {_title(found)}"
    yield ""
    yield f"**{found.verdict.capitalize()}**, {_when(found)}."
    yield ""
    yield "| | Check | What was found | Time |"
    yield "|---|---|---|---|"
    for each in found.checks:
        said = "<br>".join(_cell(line) for line in each.said)
        yield f"| {_MARKS[each.result]} {each.result} | **{_cell(each.name)}**: {_cell(each.about)} | {said} | {each.seconds:.2f} s |"
    yield ""
    yield "## Examined files"
    yield ""
    yield "| File | SHA-256 |"
    yield "|---|---|"
    yield from (f"| {_cell(path)} | `{digest}` |" for path, digest in found.files.items())
    yield ""
    yield f"Examined with {_versions(found)}."


def _title(found: Certificate) -> str:
    return f"Onboarding certificate: {found.name} (`{found.force}`)"


def _when(found: Certificate) -> str:
    return f"{found.at.astimezone(LONDON):%d %B %Y, %H:%M:%S %Z}"


def _versions(found: Certificate) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.versions.items())


def _cell(text: str) -> str:
    """Text that cannot end its cell, nor begin a tag."""
    return escape(text, quote=False).replace("|", "\\|").replace("\n", " ")


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #0b0c0c; }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }}
td, th {{ border-bottom: 1px solid #b1b4b6; padding: .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
th small {{ display: block; font-weight: normal; color: #505a5f; }}
td:first-child {{ white-space: nowrap; }}
.ready, .passed td:first-child {{ color: #005a30; }}
.not-ready, .failed td:first-child {{ color: #aa2a16; }}
.verdict {{ font-size: 1.25rem; font-weight: bold; }}
code {{ font-size: .8rem; }}
@media print {{ body {{ margin: 0; max-width: none; }} }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><span class="verdict {kind}">{verdict}</span>, {when}</p>
<table><thead><tr><th>Result</th><th>Check</th><th>What was found</th><th>Time</th></tr></thead><tbody>{rows}</tbody></table>
<h2>Examined files</h2>
<table><thead><tr><th>File</th><th>SHA-256</th></tr></thead><tbody>{files}</tbody></table>
<p>Examined with {versions}.</p>
</body>
</html>
"""
