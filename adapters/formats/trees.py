"""A record as a tree of plain values: groups are mappings, the items of an `each` a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.contracts import Misconfigured
from hub.mapping.record import Node, Shape, TargetField

Tree = dict[str, Any]


def tree_of(nodes: list[Node]) -> Tree:
    """The tree of a record's nodes, in their order. Raises Misconfigured where one would be lost: written over by another, or markup."""
    found: Tree = {}
    several: set[str] = set()  # the names of lists
    for field, content in nodes:
        value = _inside(field, content) if isinstance(content, list) else content
        if field.name in found and not (field.shape is Shape.LIST and field.name in several):
            raise Misconfigured("bad-field-map", f"{field.path} is written over another {field.name!r}: give one of them another name")
        if field.shape is Shape.LIST:
            several.add(field.name)
            found.setdefault(field.name, []).append(value)
        else:
            found[field.name] = value
    return found


def _inside(field: TargetField, nodes: list[Node]) -> Tree:
    if field.markup.embed:
        raise Misconfigured("bad-field-map", f"{field.path} holds a document (`embed`), and this format has only values")
    return tree_of(nodes)


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
