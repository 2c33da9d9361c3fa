"""A record as a tree of plain values: groups are mappings, the items of an `each` a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.contracts import Misconfigured
from hub.mapping.record import Node, Shape, TargetField

Tree = dict[str, Any]

_LIST = Shape.LIST  # asked forty times a report


def tree_of(nodes: list[Node]) -> Tree:
    """The tree of a record's nodes, in their order. Raises Misconfigured where one would be lost: written over by another, or markup."""
    found: dict[str, Any] = {}
    several: set[str] = set()  # the names of lists
    for field, content in nodes:
        name = field.name
        value: object = content
        if isinstance(content, list):
            if field.markup.embed:
                raise Misconfigured("bad-field-map", f"{field.path} holds a document (`embed`), and this format has only values")
            value = tree_of(content)
        if field.shape is not _LIST:
            if name in found:
                raise _written_over(field)
            found[name] = value
        elif name in several:
            found[name].append(value)
        elif name in found:
            raise _written_over(field)
        else:
            several.add(name)
            found[name] = [value]
    return found


def _written_over(field: TargetField) -> Misconfigured:
    return Misconfigured("bad-field-map", f"{field.path} is written over another {field.name!r}: give one of them another name")


def gathered(tree: Tree, lists: Mapping[str, Sequence[str]]) -> Tree:
    """The tree with lists joined: `{"included": ["people", "vehicles"]}` makes one list of the two, which are gone.

    A group stands in it as one item. Nothing is there where none of them is.
    """
    for name, sources in lists.items():
        items = [item for source in sources for item in _items(tree.pop(source, []))]
        if items:
            tree[name] = items
    return tree


def _items(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
