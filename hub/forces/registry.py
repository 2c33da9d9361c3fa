"""The registry: everything under `mappings/`, read once and compiled. A broken file breaks only the forces that it is about."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock

from pydantic import RootModel

from hub.documents import Document, Fault, InvalidDocument, did_you_mean, read
from hub.forces.contents import digest_of
from hub.forces.files import ForceFile, OtherEnd
from hub.forces.force import BrokenForce, Drops, Endpoint, Expected, Force, Route
from hub.forces.profiles import Profile, load_profile
from hub.forces.routes import make_route, route_faults

__all__ = ["BrokenForce", "Drops", "Endpoint", "Force", "Registry", "Route"]

_PNC_CODE = re.compile(r"""^\s*pnc_code\s*:\s*["']?([0-9]{2})["']?\s*(#.*)?$""", re.MULTILINE)
_LARGEST = 1 << 20  # bytes of a broken file in which its code is looked for


class _Endpoints(RootModel[dict[str, dict[str, OtherEnd]]]):
    """The endpoints file: by force and route, what goes in place of the route's own far end."""


class Registry:
    """Every force, ready for use.

    `forces` has by slug those whose files are whole, `broken` the faults of the others. Of two whole files with one
    PNC code both are broken: a report must never go to the wrong chief constable.
    """

    def __init__(self, forces: Mapping[str, Force], broken: Mapping[str, tuple[Fault, ...]], codes: Mapping[str, str]) -> None:
        self.forces = forces
        self.broken = broken
        self._by_code: dict[str, Force | BrokenForce] = {
            code: BrokenForce(slug, broken[slug]) for slug, code in sorted(codes.items(), reverse=True)
        }
        self._by_code |= {force.pnc_code: force for force in forces.values()}

    def by_code(self, pnc_code: str) -> Force | BrokenForce | None:
        """The force with a PNC code; a BrokenForce where its file is broken but its code can be made out."""
        return self._by_code.get(pnc_code)

    def code_of(self, slug: str) -> str | None:
        """The PNC code of a force; None where there is no such force, or its code cannot be made out."""
        return next((code for code, force in self._by_code.items() if force.slug == slug), None)

    @classmethod
    def load(cls, mappings: Path, endpoints: Path | None = None) -> "Registry":
        """The registry of a folder; the same as before while not a byte of it is other, for it never changes and takes a quarter second.

        Raises InvalidDocument where there are no forces, and where the endpoints file is wrong: drops could go anywhere.
        """
        asked = mappings, endpoints, digest_of(mappings, endpoints)
        with _ONE_AT_A_TIME:
            known = _KNOWN.get(asked)
        if known:
            return known
        loaded = cls._read(mappings, endpoints)
        if digest_of(mappings, endpoints) == asked[-1]:  # else somebody changed it meanwhile, and nobody knows what was read
            with _ONE_AT_A_TIME:
                _KNOWN[asked] = loaded
                while len(_KNOWN) > _REMEMBERED:
                    del _KNOWN[next(iter(_KNOWN))]
        return loaded

    @classmethod
    def _read(cls, mappings: Path, endpoints: Path | None) -> "Registry":
        paths = sorted(path for path in (mappings / "forces").glob("*") if path.suffix in (".yaml", ".yml"))
        if not paths:
            raise InvalidDocument([Fault("forces", 1, 1, "the mappings folder has no force's file", "see HUB_MAPPINGS")])
        others = _other_ends(endpoints, {path.stem for path in paths}) if endpoints else {}
        loader = _Loader(mappings)
        for path in paths:
            loader.take(path, others.get(path.stem, {}))
        loader.refuse_shared_codes()
        return cls(loader.forces, {slug: tuple(faults) for slug, faults in sorted(loader.broken.items())}, loader.codes)


_KNOWN: dict[tuple[Path, Path | None, bytes], Registry] = {}  # the last ones, by what they were read from
_REMEMBERED = 3
_ONE_AT_A_TIME = Lock()


class _Loader:
    """Reads force by force; each profile once, whoever asks first."""

    def __init__(self, mappings: Path) -> None:
        self._mappings = mappings
        self._profiles: dict[str, Profile | InvalidDocument] = {}
        self._documents: dict[str, Document] = {}
        self.forces: dict[str, Force] = {}
        self.broken: dict[str, list[Fault]] = {}
        self.codes: dict[str, str] = {}  # of broken forces, where they can be made out

    def take(self, path: Path, others: Mapping[str, OtherEnd]) -> None:
        """Read one force's file, to `forces` or to `broken`."""
        try:
            document = read(path)
            self._documents[path.stem] = document
            self.forces[path.stem] = self._force(path, document, others)
        except InvalidDocument as invalid:
            self._break(path, list(invalid.faults))

    def refuse_shared_codes(self) -> None:
        """Break the forces that have one PNC code among them."""
        sharing: dict[str, list[str]] = defaultdict(list)
        for slug, force in self.forces.items():
            sharing[force.pnc_code].append(slug)
        for code, slugs in sharing.items():
            for slug in slugs if len(slugs) > 1 else ():
                others = ", ".join(other for other in slugs if other != slug)
                fault = self._documents[slug].fault(("pnc_code",), f"the PNC code {code!r} is also the one of {others}")
                self._break(self._mappings / "forces" / f"{slug}.yaml", [fault])

    def _break(self, path: Path, faults: list[Fault]) -> None:
        self.forces.pop(path.stem, None)
        self.broken[path.stem] = faults
        if code := _code_in(path):
            self.codes[path.stem] = code

    def _force(self, path: Path, document: Document, others: Mapping[str, OtherEnd]) -> Force:
        file = document.check(ForceFile)
        faults: list[Fault] = []
        if path.name != f"{file.force}.yaml":
            message = f"the force {file.force!r} stands in the file {path.name!r}"
            faults.append(document.fault(("force",), message, hint=f"name the file {file.force}.yaml"))
        faults += route_faults(file, document)
        for name in others.keys() - {section.name for section in file.routes}:
            faults.append(document.fault(("routes",), f"the endpoints file names a route {name!r} that is not here", key=True))
        routes = list(self._routes(file, document, others, faults))
        if faults:
            raise InvalidDocument(faults)
        expect = Expected(file.expect.daily_minimum, file.expect.acknowledged_within)
        return Force(file.force, file.name, file.nation, file.ons_code, file.pnc_code, file.services, tuple(routes), expect)

    def _routes(self, file: ForceFile, document: Document, others: Mapping[str, OtherEnd], faults: list[Fault]) -> Iterator[Route]:
        codes = self._mappings / "forces" / "codes"
        for index, section in enumerate(file.routes):
            try:
                profile = self._profile(section.profile, document, index)
                yield make_route(file, section, profile, document, ("routes", index), codes, others.get(section.name, OtherEnd()))
            except InvalidDocument as invalid:
                faults += invalid.faults

    def _profile(self, name: str, document: Document, index: int) -> Profile:
        """The profile, read once. Raises InvalidDocument, at the line of the force's file that names it."""
        folder = self._mappings / "profiles" / name
        if not folder.is_dir():
            known = sorted(each.name for each in folder.parent.glob("*") if each.is_dir())
            hint = did_you_mean(name, known) or f"there are {', '.join(known) or 'none'}"
            raise InvalidDocument([document.fault(("routes", index, "profile"), f"there is no profile {name!r}", hint=hint)])
        if name not in self._profiles:
            self._profiles[name] = _loaded(folder)
        profile = self._profiles[name]
        if isinstance(profile, InvalidDocument):
            about = document.fault(("routes", index, "profile"), f"the profile {name!r} is broken", hint="put its file right")
            raise InvalidDocument([about, *profile.faults])
        return profile


def far_ends(mappings: Path, endpoints: Path | None = None) -> frozenset[Endpoint]:
    """Every far end that a force's route has, without a look at its profile. Raises InvalidDocument where a file is broken."""
    files = {path.stem: read(path).check(ForceFile) for path in (mappings / "forces").glob("*.y*ml")}
    others = _other_ends(endpoints, set(files)) if endpoints else {}
    found = set[Endpoint]()
    for slug, file in files.items():
        for route in file.routes:
            other = others.get(slug, {}).get(route.name, OtherEnd()).endpoint
            found.add(Endpoint(other.instance or route.endpoint.instance, other.environment or route.endpoint.environment))
    return frozenset(found)


def _loaded(folder: Path) -> Profile | InvalidDocument:
    try:
        return load_profile(folder)
    except InvalidDocument as invalid:
        return invalid


def _code_in(path: Path) -> str | None:
    """The PNC code in a file that cannot be read as it should, if one can be made out."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", errors="replace")
    except OSError:
        return None
    found = _PNC_CODE.search(text)
    return found.group(1) if found else None


def _other_ends(path: Path, known: set[str]) -> Mapping[str, Mapping[str, OtherEnd]]:
    """The endpoints file. A name in it that no force has is refused: the endpoint meant to be replaced would be the live one."""
    document = read(path)
    others = document.check(_Endpoints).root
    if unknown := others.keys() - known:
        raise InvalidDocument(
            document.fault((force,), f"there is no force {force!r}", hint=did_you_mean(force, known), key=True) for force in unknown
        )
    return others
