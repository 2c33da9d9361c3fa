"""A compiled field map: a report and a day become a record."""

from collections.abc import Mapping, Sequence
from datetime import date

from hub.mapping.codes import CodeList, Translation
from hub.mapping.record import Cell, Node, Record, Shape, TargetField
from hub.mapping.run import Fill, Run, Unmappable
from hub.reports.model import Report

_DAYS = 16  # days whose translations are kept: a pass has one, a replay a few


class FieldMap:
    """A field map with everything that can be known beforehand looked up: paths, formats, the code lists of the day.

    `targets` are all the targets that hold values, in the map's order; `read_by` has for each field of the report the
    paths of the targets that read it; `ignored` the fields and parts that are not carried, with the reasons.
    """

    def __init__(
        self,
        fills: Sequence[Fill],
        targets: Sequence[TargetField],
        lists: Sequence[CodeList],
        read_by: Mapping[str, tuple[str, ...]],
        ignored: Mapping[str, str],
    ) -> None:
        self.targets = tuple(targets)
        self.read_by = read_by
        self.ignored = ignored
        self._fills = tuple(fills)
        self._lists = tuple(lists)
        self._tables: dict[date, tuple[Mapping[str, Translation], ...]] = {}

    def apply(self, report: Report, day: date) -> Record:
        """The report as a record, by the code lists of this day. Raises Unmappable."""
        tables = self._tables.get(day)
        run = Run(report, self._translations(day) if tables is None else tables)
        nodes: list[Node] = []
        for fill in self._fills:
            fill(report, run, nodes)
        if run.asked:
            _refuse_dangling(run)
        return Record(report.submission_id, nodes, tuple(run.signals))

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """For each name at the top the names of the values below it, in order: the tables of a format with fixed columns."""
        found: dict[str, dict[str, None]] = {}
        for target in self.targets:
            table, _, below = target.path.partition("/")
            if below:
                found.setdefault(table, {})[target.name] = None
        return {table: tuple(names) for table, names in found.items()}

    def cells(self) -> Mapping[str, Mapping[str, Cell]]:
        """For each table (see `columns`) the columns that have a width: the layout of a format whose lines are fixed."""
        found: dict[str, dict[str, Cell]] = {}
        for target in self.targets:
            if target.cell and "/" in target.path:
                found.setdefault(target.path.partition("/")[0], {})[target.name] = target.cell
        return found

    def _translations(self, day: date) -> tuple[Mapping[str, Translation], ...]:
        if len(self._tables) >= _DAYS:
            self._tables.clear()
        return self._tables.setdefault(day, tuple(each.on(day) for each in self._lists))


def _refuse_dangling(run: Run) -> None:
    for identifier, path in run.asked:
        if identifier not in run.given:
            raise Unmappable("reference-dangling", path)


def shape_of(*, each: bool, first: bool, group: bool) -> Shape:
    """How a target stands in its parent: an item of an `each` is one of several, unless only the first is taken."""
    if each and not first:
        return Shape.LIST
    return Shape.GROUP if group else Shape.VALUE
