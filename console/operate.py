"""`soh-hub quarantine`, `release`, `reroute` and the like: an operator puts right what is stuck."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from console.onfile import ages_of, registry_of
from console.options import NOW, AsJson, At, answer, fail, operator
from console.views import opened
from hub.reasons import (
    AmendReason,
    Arrived,
    RedirectReason,
    ReleaseReason,
    ReplayReason,
    RerouteReason,
    SettleReason,
    VoidReason,
    WithdrawReason,
)
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.ledger.choosing import Wanted
    from hub.ledger.operating import Done
    from hub.steps.operate import Desk

Names = Annotated[list[str] | None, typer.Argument(metavar="[REPORT]...", help="Submission ids, references, or arrivals: '#17'.")]
OfForce = Annotated[str | None, typer.Option("--force", metavar="FORCE", help="All of this force.")]
OfCode = Annotated[str | None, typer.Option("--code", metavar="CODE", help="All with this code.")]
OfRoute = Annotated[str | None, typer.Option("--route", metavar="ROUTE", help="Only on this route: a copy's, say.")]
Oldest = Annotated[int | None, typer.Option("--oldest", min=1, help="So many at most, the oldest first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would change, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask back where it is more than one report.")]
Key = Annotated[str, typer.Argument(metavar="DROP", help="The drop's key: kent.records-system.routine.k7q2.000017.")]

quarantine = typer.Typer(no_args_is_help=True, help="What waits for a person, gravest first.")


@quarantine.command("list")
def show_quarantine(
    force: OfForce = None,
    code: OfCode = None,
    older_than: Annotated[float, typer.Option(min=0, help="Only what has waited for so many hours.")] = 0,
    as_json: AsJson = False,
    at: At = NOW,
) -> None:
    """List what is in quarantine in the order in which to work through it: danger to life, legal deadlines, age."""
    from datetime import timedelta

    from rich.console import Console
    from rich.table import Table

    from hub.ledger.choosing import Wanted
    from hub.quality.folder import read_suites
    from hub.steps.worklist import advice, worklist

    settings = Settings.read()
    known, ages = advice(read_suites(settings.expectations)), ages_of(settings)
    with opened() as ledger:
        items = worklist(ledger, known, at, Wanted(force=force, code=code), timedelta(hours=older_than), ages)
    if as_json:
        answer({"quarantine": [asdict(item) | {"age": item.age.total_seconds()} for item in items]})
        return
    table = Table("report", "force", "service", "gravity", "act by", "code", "field", "age", "owner", "what to do", title="Quarantine")
    for item in items:
        age = f"{item.age.total_seconds() / 3600:,.1f} h{' (too long)' if item.passed else ''}"
        what = (item.name, item.force, item.service, item.gravity, str(item.deadline or ""), item.code, item.where or "")
        table.add_row(*what, age, item.owner or "", item.do)
    Console().print(table)


@quarantine.command("codes")
def show_codes(
    markdown: Annotated[bool, typer.Option(help="As the page docs/quarantine-codes.md.")] = False, as_json: AsJson = False
) -> None:
    """Say what each code means, and what to do about it."""
    from rich.console import Console
    from rich.table import Table

    from hub.causes import CODES, as_markdown
    from hub.quality.folder import read_suites
    from hub.words import Severity

    rules = read_suites(Settings.read().expectations).rules()
    checks = [(rule.code, rule.cause, rule.do) for _, rule in rules if rule.severity is Severity.BLOCK]
    every = [(code.code, code.what, code.do) for code in CODES.values()] + checks
    if as_json:
        answer({"codes": [dict(zip(("code", "means", "do"), row, strict=True)) for row in every]})
    elif markdown:
        typer.echo(as_markdown(checks), nl=False)
    else:
        table = Table("code", "means", "what to do", title="Quarantine codes")
        for row in every:
            table.add_row(*row)
        Console().print(table)


@quarantine.command("take")
def take(names: Names = None, force: OfForce = None, code: OfCode = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Say that you work on these reports: they are shown with your name."""
    from hub.steps.operate import take as act

    _do(act, _wanted(names, force, code), "taken", dry_run=dry_run, yes=True, as_json=as_json)


def release(
    reason: Annotated[ReleaseReason, typer.Option(help="What was put right.")],
    names: Names = None,
    force: OfForce = None,
    code: OfCode = None,
    route: OfRoute = None,
    oldest: Oldest = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Let reports in quarantine go on: they are checked and mapped anew."""
    from hub.steps.operate import release as act

    _do(act, _wanted(names, force, code, route, oldest), "released", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def reroute(
    to: Annotated[str, typer.Option(metavar="FORCE", help="The force that gets them.")],
    reason: Annotated[RerouteReason, typer.Option(help="Why.")],
    names: Names = None,
    force: OfForce = None,
    code: OfCode = None,
    oldest: Oldest = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Pass reports on to another force, where each is a new pick-up."""
    from hub.steps.operate import reroute as act

    wanted = _wanted(names, force, code, None, oldest)
    _do(lambda desk, some: act(desk, some, to), wanted, "re-routed", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def redirect(
    to: Annotated[str, typer.Option(metavar="NAME", help="A third party of mappings/third-parties.yaml.")],
    reason: Annotated[RedirectReason, typer.Option(help="Why.")],
    names: Names = None,
    force: OfForce = None,
    code: OfCode = None,
    route: OfRoute = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say that reports are no matter for a force but a third party's; the platform is told."""
    from hub.steps.operate import redirect as act
    from hub.steps.operate import third_parties

    known = third_parties(Settings.read().mappings)
    wanted = _wanted(names, force, code, route)
    _do(lambda desk, some: act(desk, some, to, known), wanted, "redirected", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def withdraw(
    reason: Annotated[WithdrawReason, typer.Option(help="Why.")],
    names: Names = None,
    force: OfForce = None,
    code: OfCode = None,
    route: OfRoute = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take back reports that have not left, for good."""
    from hub.steps.operate import withdraw as act

    _do(act, _wanted(names, force, code, route), "withdrawn", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def settle(
    what: Annotated[Arrived, typer.Option("--as", help="What became of them.")],
    reason: Annotated[SettleReason, typer.Option(help="How you know.")],
    names: Names = None,
    force: OfForce = None,
    route: OfRoute = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say what became of reports in doubt: arrived, not arrived (they wait again), or refused."""
    from hub.steps.operate import settle as act

    wanted = _wanted(names, force, None, route)
    _do(lambda desk, some: act(desk, some, what), wanted, "settled", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def amend(
    name: Annotated[str, typer.Argument(metavar="REPORT", help="A submission id, a reference, or an arrival: '#17'.")],
    reason: Annotated[AmendReason, typer.Option(help="Who said what the value should be.")],
    let_go: Annotated[bool, typer.Option("--release", help="Release it as well.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Change a report in quarantine by a JSON Patch or merge patch from standard input; the original is kept beside it."""
    import sys

    from hub.ledger.choosing import Wanted
    from hub.steps import operate

    patch = sys.stdin.buffer.read()

    def act(desk: "Desk", some: "Wanted") -> "Done":
        done = operate.amend(desk, name, patch)
        if let_go and done.changed and not dry_run:
            done.refused += operate.release(desk, some).refused
        return done

    _do(act, Wanted((name,)), "amended", reason, dry_run=dry_run, yes=True, as_json=as_json)


def void(
    key: Key,
    reason: Annotated[VoidReason, typer.Option(help="Why.")],
    although: Annotated[str, typer.Option(help="The words that it takes where something may have arrived.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Take a sealed drop back: its reports go anew, in another."""
    from hub.steps.operate_drops import void_drop

    with _desk(reason, dry_run=dry_run) as desk:
        number = void_drop(desk, key, although)
    typer.echo(f"{number} {'would wait' if dry_run else 'wait'} again.")


def replay(
    reason: Annotated[ReplayReason, typer.Option(help="Why.")],
    force: Annotated[str | None, typer.Option(help="The force.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day of pick-up, in Europe/London.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last such day.")] = None,
    drop: Annotated[str | None, typer.Option(metavar="DROP", help="Instead of a force's days: the reports of this drop.")] = None,
    again: Annotated[str, typer.Option(help="The words that it takes to send what was delivered or accepted a second time.")] = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Have the quarantine of some days, or of a drop, go with today's mapping; what the force has only where the words say so."""
    from hub.ledger.choosing import Wanted
    from hub.steps.operate import replay_period

    if drop:
        wanted = Wanted(drop=drop)
    elif force and since and until:
        wanted = Wanted(force=force, since=since.date(), until=until.date())
    else:
        fail("Say which: --drop and its key, or --force with --from and --to.")
    _do(lambda desk, some: replay_period(desk, some, again), wanted, "replayed", reason, dry_run=dry_run, yes=yes, as_json=as_json)


def _wanted(names: list[str] | None, force: str | None, code: str | None, route: str | None = None, oldest: int | None = None) -> "Wanted":
    from hub.ledger.choosing import Wanted

    return Wanted(tuple(names or ()), force, code, route, oldest=oldest)


@contextmanager
def _desk(reason: str, *, dry_run: bool, clock: "Clock" = NOW) -> "Iterator[Desk]":
    """Where this operator works. Ends with exit code 1 and the reason where the action cannot be done."""
    from hub.ledger.errors import LedgerUnavailable, Overtaken
    from hub.steps.operate import Desk, NotDone

    registry = registry_of(Settings.read())
    with opened() as ledger:
        try:
            yield Desk(ledger, registry, clock, operator(), reason, dry_run)
        except (NotDone, LedgerUnavailable, Overtaken) as error:
            fail(str(error))


def _do(
    act: "Callable[[Desk, Wanted], Done]", wanted: "Wanted", word: str, reason: str = "", *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Look what it would change, ask back where that is more than one report, do it, and say it. Exit code 1 where any was refused."""
    from dataclasses import replace

    with _desk(reason, dry_run=dry_run) as desk:
        if not (dry_run or yes):
            expected = act(replace(desk, dry_run=True), wanted).changed
            if expected > 1 and not typer.confirm(f"{expected:,} reports will be {word}. Go on?", err=True):
                fail("Nothing was changed.")
        done = act(desk, wanted)
    if as_json:
        answer({"changed": done.changed, "forces": dict(done.by_force), "refused": [asdict(one) for one in done.refused]})
    else:
        typer.echo(f"{done.changed:,} {'would be ' if dry_run else ''}{word}.")
        for one in done.refused:
            typer.echo(f"{one.name}: {one.why}", err=True)
    if done.refused:
        raise typer.Exit(1)
