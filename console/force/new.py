"""`soh-hub force new`: a new force's file, with a placeholder wherever somebody must still say what is right."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.onfile import registry_of
from console.options import fail
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.forces.profiles import Profile
    from hub.forces.registry import Registry

NATIONS = ("England", "Wales", "Great Britain")
_SLUG = re.compile(r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*")
_CODE = re.compile(r"[0-9]{2}")


def new(
    slug: Annotated[str | None, typer.Option("--slug", help="Its name in files and keys: small letters and hyphens.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name; default from the slug.")] = None,
    nation: Annotated[str | None, typer.Option("--nation", help="England, Wales or Great Britain.")] = None,
    pnc_code: Annotated[str | None, typer.Option("--pnc-code", help="The two digits of its PNC code.")] = None,
    ons_code: Annotated[str, typer.Option("--ons-code", help="The ONS code of its area, where it has one.")] = "",
    profile: Annotated[
        str | None, typer.Option("--profile", help="What its records system is like: a folder under mappings/profiles.")
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="The records system that it shares with others; default its own.")
    ] = None,
    live_from: Annotated[
        datetime | None, typer.Option("--live-from", formats=["%Y-%m-%d"], help="From when it takes reports; default never.")
    ] = None,
    transport: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of its transport, such as host=…; may be repeated.")
    ] = None,
) -> None:
    """Write a new force's file, of at most 25 lines, asking for what no option says. A file that is there is never overwritten."""
    from hub.workbench.scaffold import Answers, usual_settings, written

    settings = Settings.read()
    registry = registry_of(settings)
    given = _given(transport or ())
    chosen = _asked("Slug (small letters and hyphens)", slug, lambda text: _judge_slug(registry, settings.mappings, text))
    title = name or chosen.replace("-", " ").title()
    where = _asked(f"Nation ({', '.join(NATIONS)})", nation, lambda text: _one_of(text, NATIONS), default=NATIONS[0])
    code = _asked("PNC code (two digits)", pnc_code, lambda text: _judge_code(registry, text))
    known = _profiles(settings.mappings)
    style = _asked(f"Profile ({', '.join(known)})", profile, lambda text: _one_of(text, known))
    keys = _settings_of(registry, settings.mappings / "profiles" / style)
    said = {**usual_settings(chosen, keys), **given}
    day = live_from.date() if live_from else None
    answers = Answers(chosen, title, where, ons_code, code, style, instance or chosen, day, said)
    path = settings.mappings / "forces" / f"{chosen}.yaml"
    _write(path, written(answers))
    typer.echo(
        f"{path}: {len(written(answers).splitlines())} lines. Next: `soh-hub force check {chosen} --offline` says what is still missing."
    )


def _asked(question: str, given: str | None, judge: Any, default: str | None = None) -> str:
    """What an option says, or what somebody answers; asked again until it is right."""
    if given is not None:
        if wrong := judge(given):
            fail(wrong)
        return given
    while True:
        try:
            text = str(typer.prompt(question, default=default)).strip()
        except typer.Abort:
            fail(f"\n{question}: nobody answered; `soh-hub force new --help` names the options that say it.")
        wrong = judge(text)
        if not wrong:
            return text
        typer.echo(wrong, err=True)


def _judge_slug(registry: "Registry", mappings: Path, slug: str) -> str | None:
    if not _SLUG.fullmatch(slug):
        return f"'{slug}' is no slug: small letters, digits and single hyphens, at most 40, such as avon-and-somerset."
    if slug in {*registry.forces, *registry.broken} or (mappings / "forces" / f"{slug}.yaml").exists():
        return f"The force '{slug}' is on file already; its file is never overwritten."
    return None


def _judge_code(registry: "Registry", code: str) -> str | None:
    if not _CODE.fullmatch(code):
        return f"'{code}' is no PNC code: two digits, such as 07."
    other = registry.by_code(code)
    return f"The PNC code {code} is the one of {other.slug}." if other else None


def _one_of(text: str, choices: tuple[str, ...]) -> str | None:
    from hub.documents import did_you_mean

    return None if text in choices else f"'{text}' is none of {', '.join(choices)}; {did_you_mean(text, choices) or 'choose one of them.'}"


def _profiles(mappings: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in (mappings / "profiles").glob("*/profile.yaml")))


def _settings_of(registry: "Registry", folder: Path) -> list[str]:
    """The transport settings that a force says itself: what the others on this profile say, or else what has no default."""
    from adapters.described import needed, settings_model
    from adapters.registry import TRANSPORT
    from hub.documents import InvalidDocument
    from hub.forces.profiles import load_profile

    try:
        profile = load_profile(folder)
    except InvalidDocument as invalid:
        fail(f"The profile {folder.name} is broken; put it right first:\n{invalid}")
    if others := _of_others(registry, profile):
        return others
    model = settings_model(TRANSPORT, str(profile.file.transport["name"]))
    return [key for key in needed(model) if key not in profile.file.transport] if model else []


def _of_others(registry: "Registry", profile: "Profile") -> list[str]:
    transport = profile.file.transport
    for force in sorted(registry.forces.values(), key=lambda one: one.slug):
        for route in force.routes:
            if route.profile == profile.file.profile and route.transport.get("name") == transport["name"]:
                return [key for key in route.transport if key not in transport]
    return []


def _given(pairs: "list[str] | tuple[()]") -> Mapping[str, str]:
    if wrong := next((pair for pair in pairs if "=" not in pair), None):
        fail(f"--set {wrong}: write it KEY=VALUE, such as --set host=sftp.force.example.")
    return dict(pair.split("=", 1) for pair in pairs)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{path} is there already, and is never overwritten.")
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
