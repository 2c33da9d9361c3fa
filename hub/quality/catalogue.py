"""The catalogue: every code and every named value as tables of docs/checks.md. `python -m hub.quality.catalogue` writes them anew."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.quality.derived import OF_REPORTS, OF_VOLUMES, Derived
from hub.quality.folder import Suites, read_suites

PAGE, EXPECTATIONS = Path("docs/checks.md"), Path("expectations")


def codes(suites: Suites) -> str:
    """Every code with its suite, severity, cause and what to do, as a table in Markdown."""
    rows = ((f"`{rule.code}`", suite.suite, rule.severity.value, rule.cause, rule.do) for suite, rule in suites.rules())
    return _table(("Code", "Suite", "Severity", "Cause", "Do"), rows)


def named_values() -> str:
    """Every named value that a column may `call`, as a table in Markdown."""
    every: Mapping[str, Derived[Any]] = {**OF_REPORTS, **OF_VOLUMES}
    return _table(("Name", "Kind", "Value"), ((f"`{name}`", "text" if one.text else "number", one.about) for name, one in every.items()))


def written(page: str, suites: Suites) -> str:
    """The page with its generated tables made anew: each stands between `<!-- name -->` and `<!-- /name -->`."""
    for name, table in (("codes", codes(suites)), ("named values", named_values())):
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        page = before + start + table + end + after
    return page


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), read_suites(EXPECTATIONS)), encoding="utf-8")
