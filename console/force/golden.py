"""`soh-hub force golden`: the golden pairs of profiles, held to what the profiles make, or made anew."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import AsJson, answer, fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.forces.profiles import Profile
    from hub.workbench.golden import Pair


def golden(
    profile: Annotated[str | None, typer.Argument(metavar="[PROFILE]", help="Only this profile.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write what differs anew, to be reviewed as a change like any other.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold the golden pairs of profiles to what the profiles make of them now. Exit code 1 where one differs."""
    folders = _folders(Settings.read().mappings / "profiles", profile)
    differing = [str(path) for folder in folders for path in _differing(folder, write)]
    if as_json:
        answer({"profiles": [folder.name for folder in folders], "written" if write else "differing": differing})
    else:
        for path in differing:
            typer.echo(f"{'written' if write else 'differs'}: {path}")
        if not differing:
            typer.echo("Every golden pair is what its profile makes.")
        elif not write:
            typer.echo("`--write` makes them anew; then review the change.")
    if differing and not write:
        raise typer.Exit(1)


def _folders(profiles: Path, name: str | None) -> list[Path]:
    from hub.documents import did_you_mean

    known = sorted(path.parent for path in profiles.glob("*/profile.yaml"))
    if name and name not in {folder.name for folder in known}:
        fail(f"There is no profile '{name}'; {did_you_mean(name, [folder.name for folder in known]) or f'they lie in {profiles}.'}")
    return [folder for folder in known if name in (None, folder.name)]


def _differing(folder: Path, write: bool) -> list[Path]:
    from pydantic import ValidationError

    from console.force.encoding import differing
    from hub.contracts import Misconfigured, Unencodable
    from hub.documents import InvalidDocument
    from hub.forces.profiles import load_profile
    from hub.mapping.run import Unmappable
    from hub.workbench.golden import pairs

    found = []
    try:
        profile = load_profile(folder)
        for pair in pairs(folder):
            if paths := list(differing(profile, pair)):
                found += paths
                if write:
                    _rewrite(profile, pair)
    except InvalidDocument as invalid:
        fail(str(invalid))
    except ValidationError as error:
        fail(f"A golden report of {folder.name} is no report: {error.error_count()} faults, see docs/report.schema.json.")
    except (Misconfigured, Unmappable) as wrong:
        fail(f"{folder.name}: {wrong}")
    except Unencodable as fault:
        fail(f"{folder.name}: " + "; ".join(f"{code} at {where}" for _, code, where in fault.faults))
    return found


def _rewrite(profile: "Profile", pair: "Pair") -> None:
    from adapters.formats.on_file import laid_out
    from console.force.encoding import produced

    now = produced(profile, pair)
    for ending, body in now.items():
        pair.path(ending).write_bytes(laid_out(ending, body))
    for ending in pair.expected.keys() - now.keys():
        pair.path(ending).unlink()
