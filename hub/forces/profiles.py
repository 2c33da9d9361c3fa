"""Profiles: each folder under `mappings/profiles/` read once, its field maps compiled and its code lists kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.documents import Document, Fault, InvalidDocument, Loc, read
from hub.forces.files import ProfileFile
from hub.mapping.accounting import mapped_and_ignored, unaccounted, wrongly_ignored
from hub.mapping.codes import CodeList, load_codes
from hub.mapping.compile import CodesOf, compile_map
from hub.mapping.declared import Target, declare
from hub.mapping.fieldmap import FieldMap
from hub.mapping.layout import crowded


@dataclass(frozen=True, eq=False)
class Declared:
    """One of a profile's two field maps, as declared: `loc` is the section that holds its `fields` and `ignore`."""

    targets: tuple[Target, ...]
    ignored: Mapping[str, str]
    document: Document
    loc: Loc


@dataclass(frozen=True, eq=False)
class Profile:
    """A profile whose field maps are whole; `codes_of` gives its code lists by name."""

    file: ProfileFile
    folder: Path
    declared: tuple[Declared, Declared]  # the fields, the skeleton
    maps: tuple[FieldMap, FieldMap] = field(repr=False)
    codes_of: CodesOf = field(repr=False)


def load_profile(folder: Path) -> Profile:
    """The profile in a folder. Raises InvalidDocument with everything that is wrong with it."""
    document = read(folder / "profile.yaml")
    file = document.check(ProfileFile)
    faults = list(_own_faults(file, folder, document))
    declared = (
        Declared(declare(file.fields, document, ("fields",)), file.ignore, document, ()),
        Declared(declare(file.skeleton.fields, document, ("skeleton", "fields")), file.skeleton.ignore, document, ("skeleton",)),
    )
    codes_of = code_lists(folder / "codes")
    maps = (
        _compiled(declared[0], codes_of, faults, needed=bool(file.models or file.fields)),
        _compiled(declared[1], codes_of, faults, needed=True),
    )
    faults += [fault for each in declared for fault in crowded(each.targets, file.format.get("name"))]
    if faults:
        raise InvalidDocument(faults)
    return Profile(file, folder, declared, maps, codes_of)


def code_lists(folder: Path) -> CodesOf:
    """The code lists of a folder, each read once."""
    kept: dict[str, CodeList] = {}

    def codes_of(name: str) -> CodeList:
        if name not in kept:
            kept[name] = load_codes(folder / f"{name}.csv")
        return kept[name]

    return codes_of


def _compiled(declared: Declared, codes_of: CodesOf, faults: list[Fault], *, needed: bool) -> FieldMap:
    document, loc = declared.document, declared.loc
    field_map, wrong = compile_map(declared.targets, declared.ignored, codes_of)
    wrong += wrongly_ignored(declared.ignored, document, (*loc, "ignore"))
    wrong += mapped_and_ignored(field_map, declared.ignored, document, (*loc, "ignore"))
    if needed and not wrong:  # a target that could not be compiled reads nothing: its fields would be named in vain
        wrong += unaccounted(field_map, lambda _, message, hint: document.fault((*loc, "fields"), message, hint=hint, key=True))
    faults += wrong
    return field_map


def _own_faults(file: ProfileFile, folder: Path, document: Document) -> list[Fault]:
    faults = []
    if file.profile != folder.name:
        faults.append(
            document.fault(("profile",), f"the profile {file.profile!r} lies in the folder {folder.name!r}", hint="name them alike")
        )
    for section, settings in (("format", file.format), ("transport", file.transport)):
        if not isinstance(settings.get("name"), str):
            faults.append(document.fault((section,), f"{section}: the key 'name' is missing"))
    schema = file.format.get("schema")
    if isinstance(schema, str) and (Path(schema).name != schema or not (folder / schema).is_file()):
        faults.append(document.fault(("format", "schema"), f"there is no file {schema!r} in the profile's folder"))
    return faults
