"""Every field of a report is mapped, or ignored by name: what a field map leaves out, or has twice, is an error when it is loaded."""

from collections.abc import Callable, Iterator, Mapping

from hub.documents import Document, Fault, Loc, did_you_mean
from hub.mapping.fieldmap import FieldMap
from hub.reports.paths import every_leaf, names_below, report_paths

# They tie a report together and need no mention: what they say is in the shape of the record, or nowhere.
STRUCTURAL = frozenset(
    {"model_version", "people.id", "people.roles", "locations.id", "locations.role", "vehicles.id", "property.id"}
)  # fmt: skip

FaultOf = Callable[[str, str, str], Fault]  # of a field, a message and a hint: at the line where something can be done about it


def unaccounted(field_map: FieldMap, fault: FaultOf) -> Iterator[Fault]:
    """The fields that are neither mapped nor ignored."""
    for leaf in every_leaf():
        path = leaf.path
        if path in field_map.read_by or path in STRUCTURAL or covering(path, field_map.ignored):
            continue
        yield fault(path, f"the field {path!r} is neither mapped nor ignored", "map it, or name it under `ignore` with the reason")


def wrongly_ignored(ignored: Mapping[str, str], document: Document, loc: Loc) -> Iterator[Fault]:
    """Entries of an `ignore` section that name no field of a report."""
    known = names_below(report_paths())
    for path in ignored.keys() - set(known):
        yield document.fault((*loc, path), f"ignore: the report has no field {path!r}", hint=did_you_mean(path, known), key=True)


def mapped_and_ignored(field_map: FieldMap, ignored: Mapping[str, str], document: Document, loc: Loc) -> Iterator[Fault]:
    """Entries of an `ignore` section that cover a field which a target reads all the same."""
    for path, readers in field_map.read_by.items():
        if path not in STRUCTURAL and (entry := covering(path, ignored)):
            message = f"ignore: {entry!r} is ignored here, and {path!r} mapped to {readers[0]}"
            yield document.fault((*loc, entry), message, hint="do one of the two", key=True)


def covering(path: str, ignored: Mapping[str, str]) -> str | None:
    """The entry that ignores this field: its own, or the one of a part around it."""
    names = path.split(".")
    return next((entry for n in range(len(names), 0, -1) if (entry := ".".join(names[:n])) in ignored), None)
