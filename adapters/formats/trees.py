"""A record as a tree of plain values: groups are mappings, the items of an `each` a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.mapping.record import Node, Shape

Tree = dict[str, Any]


def tree_of(nodes: list[Node]) -> Tree:
    """The tree of a record's nodes, in their order."""
    found: Tree = {}
    for field, content in nodes:
        value = tree_of(content) if isinstance(content, list) else content
        if field.shape is Shape.LIST:
            found.setdefault(field.name, []).append(value)
        else:
            found[field.name] = value
    return found


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
