"""A profile's transport serves many forces: `{force}`, `{force_code}` and `{route}` in it stand for each force's own."""

from pathlib import Path

from hub.forces.registry import Registry


def test_a_forces_own_names_stand_in_its_transport(mappings: Path) -> None:
    profile = mappings / "profiles" / "tiny" / "profile.yaml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("directory: /in", 'directory: "/{force_code}/{force}/{route}/{key}"'), encoding="utf-8")
    registry = Registry.load(mappings)
    assert registry.forces["kent"].routes[0].transport["directory"] == "/46/kent/records-system/{key}"
    assert registry.forces["essex"].routes[0].transport["directory"] == "/42/essex/records-system/{key}"
