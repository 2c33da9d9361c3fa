"""A force whose drops are opened in a spreadsheet, or cut by columns, says so in its own file and nowhere else."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from adapters.registry import make_format
from hub.forces.force import Route
from hub.forces.registry import Registry
from tests.adapters.formats.records import DROP
from tests.mapping.generated import reports
from tests.mapping.maps import DAY
from tests.mappings.conftest import MAPPINGS


def kent(folder: Path, format_: str) -> Route:
    shutil.copytree(MAPPINGS, folder / "mappings")
    path = folder / "mappings" / "forces" / "kent.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count('format: {delimiter: "|"}') == 1
    path.write_text(text.replace('format: {delimiter: "|"}', format_), encoding="utf-8")
    registry = Registry.load(folder / "mappings")
    assert "kent" not in registry.broken, registry.broken["kent"]
    route = registry.forces["kent"].primary_on(DAY)
    assert route is not None
    return route


def test_formulas_are_made_harmless_signalled_and_the_last_row_counts(tmp_path: Path) -> None:
    route = kent(tmp_path, 'format: {formulas: harmless, last_row: [T, "{rows}"]}')
    report = replace(reports(1, "crime")[0], text="=cmd")
    record = route.mapping("crime").apply(report, DAY)
    assert [signal.field for signal in record.signals if signal.kind == "formula"] == ["incidents/TEXT"]
    written = make_format("csv", {key: value for key, value in route.format.items() if key != "name"}, route.folder)
    incidents = next(iter(written.encode([record], DROP)))
    assert incidents.body.endswith(b',"\'=cmd"\r\n"T","1"\r\n')
    assert written.count(incidents.body) == 1


def test_without_it_a_text_goes_as_it_is(tmp_path: Path) -> None:
    route = kent(tmp_path, 'format: {delimiter: ","}')
    report = replace(reports(1, "crime")[0], text="=cmd")
    assert list(route.mapping("crime").apply(report, DAY).values("incidents/TEXT")) == ["=cmd"]
