"""Operate: what an operator does from a form in Prefect's UI. Each action is a short run that ends in a state saying what it did.

Prefect's own server knows one shared credential and no people, so nobody who starts a run there is known by name: the history says so.
"""

from collections import Counter
from datetime import date

from prefect import flow
from prefect.client.schemas.objects import State

from flows.operate_acts import ACTOR, Words, act, act_on_endpoint, hold
from flows.operate_forms import Drop, Endpoint, Force, Owner, Replaying, Reports, ThirdParty, Voiding
from flows.stage import ended
from flows.wiring import current
from hub.ledger import holds
from hub.ledger.choosing import Wanted
from hub.ledger.operating import Done
from hub.reasons import (
    Arrived,
    PauseReason,
    ProbeReason,
    RedirectReason,
    ReleaseReason,
    ReplayReason,
    RerouteReason,
    ResumeReason,
    SettleReason,
    VoidReason,
    WithdrawReason,
)
from hub.steps import operate
from hub.steps import operate_endpoints as endpoints
from hub.steps.operate_drops import void_drop

_LEAVE = "They leave with the dispatcher's next pass."
_RELEASED = Words("Released", "released", f"{_LEAVE} They are checked and mapped anew.")
_REROUTED = Words("Re-routed", "re-routed", "Each is a new pick-up there, and leaves with the dispatcher's next pass.")
_REDIRECTED = Words("Redirected", "redirected", "The platform is told; the hub sends nothing to third parties.")
_WITHDRAWN = Words("Withdrawn", "withdrawn", "That is final; the platform is told.")
_SETTLED = Words("Settled", "settled", "What did not arrive waits again; what was refused is in quarantine.")
_REPLAYED = Words("Replayed", "replayed", _LEAVE)
_TAKEN = Words("Taken", "taken", "The worklist shows who works on them.")
_VOIDED = Words("Voided", "taken out of the drop", "They wait again, and go anew, in another drop.")


@flow(flow_run_name="Release {which}: {reason.value}", persist_result=False)
async def release(which: Reports, reason: ReleaseReason, only_look: bool = False) -> State[None]:
    """Let reports in quarantine go on: they are checked and mapped anew.

    Args:
        which: which reports in quarantine.
        reason: what was put right.
        only_look: say what it would change, and change nothing.
    """
    return await act(_RELEASED, lambda desk: operate.release(desk, which.wanted()), reason, only_look=only_look)


@flow(flow_run_name="Re-route {which} to {to}: {reason.value}", persist_result=False)
async def reroute(which: Reports, to: Force, reason: RerouteReason, only_look: bool = False) -> State[None]:
    """Pass reports that have not left on to another force.

    Args:
        which: which reports.
        to: the force that gets them.
        reason: why another force gets them.
        only_look: say what it would change, and change nothing.
    """
    return await act(_REROUTED, lambda desk: operate.reroute(desk, which.wanted(), to), reason, only_look=only_look)


@flow(flow_run_name="Redirect {which} to {to}: {reason.value}", persist_result=False)
async def redirect(which: Reports, to: ThirdParty, reason: RedirectReason, only_look: bool = False) -> State[None]:
    """Say that reports are no matter for a force but a third party's; the platform is told.

    Args:
        which: which reports.
        to: the third party, as mappings/third-parties.yaml names it.
        reason: why they are no matter for a force.
        only_look: say what it would change, and change nothing.
    """

    def tell(desk: operate.Desk) -> Done:
        return operate.redirect(desk, which.wanted(), to, operate.third_parties(current().settings.mappings))

    return await act(_REDIRECTED, tell, reason, only_look=only_look)


@flow(flow_run_name="Withdraw {which}: {reason.value}", persist_result=False)
async def withdraw(which: Reports, reason: WithdrawReason, only_look: bool = False) -> State[None]:
    """Take back reports that have not left, for good.

    Args:
        which: which reports.
        reason: why they are taken back.
        only_look: say what it would change, and change nothing.
    """
    return await act(_WITHDRAWN, lambda desk: operate.withdraw(desk, which.wanted()), reason, only_look=only_look)


@flow(flow_run_name="Settle {which} as {what.value}: {reason.value}", persist_result=False)
async def settle(which: Reports, what: Arrived, reason: SettleReason, only_look: bool = False) -> State[None]:
    """Say what became of reports in doubt.

    Args:
        which: which reports in doubt.
        what: what became of them. `not-arrived`: they wait again, and are sent.
        reason: how you know.
        only_look: say what it would change, and change nothing.
    """
    return await act(_SETTLED, lambda desk: operate.settle(desk, which.wanted(), what), reason, only_look=only_look)


@flow(flow_run_name="Replay {force}, {first_day} to {last_day}: {reason.value}", persist_result=False)
async def replay(
    force: Force,
    first_day: date,
    last_day: date,
    reason: ReplayReason,
    scope: Replaying = Replaying.QUARANTINE_ALONE,
    only_look: bool = False,
) -> State[None]:
    """Have some days of a force go with today's mapping.

    Args:
        force: whose reports.
        first_day: the first day of pick-up, in Europe/London.
        last_day: the last such day.
        reason: why they go once more.
        scope: what the force has already is sent a second time only in these words.
        only_look: say what it would change, and change nothing.
    """
    wanted = Wanted(force=force, since=first_day, until=last_day)
    words = "" if scope is Replaying.QUARANTINE_ALONE else scope.value
    return await act(_REPLAYED, lambda desk: operate.replay_period(desk, wanted, words), reason, only_look=only_look)


@flow(flow_run_name="Replay {drop}: {reason.value}", persist_result=False)
async def replay_drop(
    drop: Drop, reason: ReplayReason, scope: Replaying = Replaying.QUARANTINE_ALONE, only_look: bool = False
) -> State[None]:
    """Have the reports of one drop go with today's mapping.

    Args:
        drop: the drop's key: kent.records-system.routine.k7q2.000017.
        reason: why they go once more.
        scope: what the force has already is sent a second time only in these words.
        only_look: say what it would change, and change nothing.
    """
    words = "" if scope is Replaying.QUARANTINE_ALONE else scope.value
    return await act(_REPLAYED, lambda desk: operate.replay_period(desk, Wanted(drop=drop), words), reason, only_look=only_look)


@flow(flow_run_name="{owner} takes {which}", persist_result=False)
async def take(which: Reports, owner: Owner, only_look: bool = False) -> State[None]:
    """Say who works on reports in quarantine: the worklist shows the name.

    Args:
        which: which reports in quarantine.
        owner: who works on them: a user name, in small letters. Nobody checks that it is yours.
        only_look: say what it would change, and change nothing.
    """
    actor = f"{owner}, {ACTOR}"
    return await act(_TAKEN, lambda desk: operate.take(desk, which.wanted()), "taken", only_look=only_look, actor=actor)


@flow(flow_run_name="Void {drop}: {reason.value}", persist_result=False)
async def void(drop: Drop, reason: VoidReason, although: Voiding = Voiding.ONLY_IF_NOTHING_ARRIVED, only_look: bool = False) -> State[None]:
    """Take a sealed drop back: its reports go anew, in another.

    Args:
        drop: the drop's key: kent.records-system.routine.k7q2.000017.
        reason: why it is taken back.
        although: a drop of which something may have arrived is voided only in these words. Ask the force first.
        only_look: say what it would change, and change nothing.
    """

    words = "" if although is Voiding.ONLY_IF_NOTHING_ARRIVED else although.value
    force = drop.partition(".")[0]
    return await act(_VOIDED, lambda desk: Done(Counter({force: void_drop(desk, drop, words)})), reason, only_look=only_look)


@flow(flow_run_name="Pause {force}: {reason.value}", persist_result=False)
async def pause(force: Force, reason: PauseReason) -> State[None]:
    """Send a force nothing until it is resumed. What comes meanwhile is picked up, and waits.

    Args:
        force: the force that gets nothing for a while.
        reason: why.
    """
    end = ended("Paused", f"{force} gets nothing until it is resumed; a drop on its way now still ends. To go on: resume it.")
    return await hold(force, holds.pause, "pause", reason, end)


@flow(flow_run_name="Resume {force}: {reason.value}", persist_result=False)
async def resume(force: Force, reason: ResumeReason) -> State[None]:
    """Let a paused force go on.

    Args:
        force: the force that was paused.
        reason: why it goes on.
    """
    end = ended("Resumed", f"{force} goes on: what was due meanwhile leaves with the dispatcher's next pass.")
    return await hold(force, holds.resume, "resume", reason, end)


@flow(flow_run_name="Pause {endpoint}: {reason.value}", persist_result=False)
async def pause_endpoint(endpoint: Endpoint, reason: PauseReason, only_look: bool = False) -> State[None]:
    """Send a far end nothing until it is resumed, whichever forces share it.

    Args:
        endpoint: the far end, as instance/environment.
        reason: why.
        only_look: say what it would change, and change nothing.
    """
    end = ended("Paused", f"{endpoint} gets nothing until it is resumed; a drop on its way now still ends. To go on: resume it.")
    return await act_on_endpoint(endpoints.pause_endpoint, endpoint, reason, end, "is paused already", only_look=only_look)


@flow(flow_run_name="Resume {endpoint}: {reason.value}", persist_result=False)
async def resume_endpoint(endpoint: Endpoint, reason: ResumeReason, only_look: bool = False) -> State[None]:
    """Let a paused far end go on.

    Args:
        endpoint: the far end, as instance/environment.
        reason: why it goes on.
        only_look: say what it would change, and change nothing.
    """
    end = ended("Resumed", f"{endpoint} goes on: what was due meanwhile leaves with the dispatcher's next pass.")
    return await act_on_endpoint(endpoints.resume_endpoint, endpoint, reason, end, "is not paused", only_look=only_look)


@flow(flow_run_name="Probe {endpoint}: {reason.value}", persist_result=False)
async def probe(endpoint: Endpoint, reason: ProbeReason, only_look: bool = False) -> State[None]:
    """Have a far end whose circuit is open tried now, before its next probe is due: with one drop, and all follow when it arrives.

    Args:
        endpoint: the far end, as instance/environment.
        reason: why it is tried now.
        only_look: say what it would change, and change nothing.
    """
    end = ended("Probe is due", f"The dispatcher's next pass tries {endpoint} with the first drop that waits; when it arrives, all follow.")
    return await act_on_endpoint(endpoints.probe, endpoint, reason, end, "is well: no circuit is open", only_look=only_look)
