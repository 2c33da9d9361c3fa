"""A compiled field map: a report and a day become a record."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from hub.mapping.codes import CodeList
from hub.mapping.plan import Rule
from hub.mapping.record import Cell, Node, Record, Shape, TargetField
from hub.mapping.run import Run, Tables, Unmappable
from hub.mapping.straight_line import Written, written_out
from hub.reports.model import Report

_DAYS = 16  # days whose translations are kept: a pass has one, a replay a few


class FieldMap:
    """A field map with everything that can be known beforehand looked up: paths, formats, the code lists of the day.

    `targets` are all the targets that hold values, in the map's order; `read_by` has for each field of the report the
    paths of the targets that read it; `ignored` the fields and parts that are not carried, with the reasons.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        targets: Sequence[TargetField],
        lists: Sequence[CodeList],
        read_by: Mapping[str, tuple[str, ...]],
        ignored: Mapping[str, str],
    ) -> None:
        self.targets = tuple(targets)
        self.read_by = read_by
        self.ignored = ignored
        self._rules = tuple(rules)
        self._lists = tuple(lists)
        self._days: dict[date, _Day] = {}

    def apply(self, report: Report, day: date) -> Record:
        """The report as a record, by the code lists of this day. Raises Unmappable."""
        tables, ready = self._days.get(day) or self._day(day)
        run = Run(report, tables, ready)
        nodes: list[Node] = []
        self._written.fill(report, run, nodes)
        if run.asked:
            _refuse_dangling(run)
        return Record(report.submission_id, nodes, tuple(run.signals))

    @property
    def source(self) -> str:
        """The lines of the function that the map is written out as: for a person who asks what is done."""
        return self._written.source

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

    @cached_property
    def _written(self) -> Written:
        """Made when the first report comes: most commands load every force, and map for one or none."""
        return written_out(self._rules, [[row.code for row in each.rows] for each in self._lists])

    def _day(self, day: date) -> "_Day":
        if len(self._days) >= _DAYS:
            self._days.clear()
        tables = tuple(each.on(day) for each in self._lists)
        return self._days.setdefault(day, (tables, [coded.on(tables) for coded in self._written.coded]))


_Day = tuple[Tables, Sequence[Mapping[Any, Node]]]  # the translations that hold on it, and the nodes that can be made beforehand


def _refuse_dangling(run: Run) -> None:
    for identifier, path in run.asked:
        if identifier not in run.given:
            raise Unmappable("reference-dangling", path)


def shape_of(*, each: bool, first: bool, group: bool) -> Shape:
    """How a target stands in its parent: an item of an `each` is one of several, unless only the first is taken."""
    if each and not first:
        return Shape.LIST
    return Shape.GROUP if group else Shape.VALUE
