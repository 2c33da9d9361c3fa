"""What a target's rule says of its markup and its column, beside its name and its value."""

from dataclasses import dataclass, field

from hub.mapping.declared import Target
from hub.mapping.record import Cell, Markup


@dataclass
class Namespaces:
    """The namespace of every name, taken from what stands around it; a document inside another begins without one."""

    _own: dict[str, str] = field(default_factory=dict)  # by the path of a target
    _embedding: set[str] = field(default_factory=set)  # the paths of targets that hold a document

    def enter(self, target: Target) -> None:
        """Take note of a target, before those below it."""
        above = target.path.rpartition("/")[0]
        around = "" if above in self._embedding else self._own.get(above)
        if target.rule.embed:
            self._embedding.add(target.path)
        if (own := target.rule.namespace if target.rule.namespace is not None else around) is not None:
            self._own[target.path] = own

    def markup(self, target: Target) -> Markup:
        """What a format with markup has to know of the target."""
        rule = target.rule
        return Markup(self._own.get(target.path), rule.namespace is not None, rule.cdata, rule.empty == "nil", rule.embed)


def cell_of(target: Target) -> Cell | None:
    """The target's column, where it has a width."""
    rule = target.rule
    return Cell(rule.width, rule.align or "left", rule.pad or " ") if rule.width else None
