"""A record as a tree: nothing in it may be lost without a word."""

import pytest

from adapters.formats.trees import tree_of
from hub.contracts import Misconfigured
from hub.mapping.record import Markup, Node, Shape, TargetField
from tests.adapters.formats.records import group, item, value


def test_the_items_of_one_name_are_one_list() -> None:
    assert tree_of([item("Person", value("Person/Name", "A")), item("Person", value("Person/Name", "B"))]) == {
        "Person": [{"Name": "A"}, {"Name": "B"}]
    }


@pytest.mark.parametrize(
    "nodes",
    [
        [value("Name", "A"), value("Name", "B")],
        [value("Name", "A"), group("Name", value("Name/First", "B"))],
        [value("Name", "A"), value("Name", "B", Shape.LIST)],
        [value("Name", "A", Shape.LIST), value("Name", "B")],
    ],
)
def test_two_values_of_one_name_are_never_written_over_each_other(nodes: list[Node]) -> None:
    with pytest.raises(Misconfigured, match="Name is written over another 'Name'"):
        tree_of(nodes)


def test_a_document_inside_is_refused_where_there_is_no_markup() -> None:
    field = TargetField("Body", "Body", Shape.GROUP, (), Markup(embed="xml"))
    with pytest.raises(Misconfigured, match="Body holds a document"):
        tree_of([(field, [value("Body/Name", "A")])])
