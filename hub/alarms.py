"""The kinds of alarms: what each says, and what to do about it. The ledger keeps those that stand (`hub.ledger.alarms`)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

HUB = "hub"  # the force of an alarm that is about no one force: the platform, or an endpoint that several share


class AlarmKind(StrEnum):
    """What is wrong, in a word. Stable: events and automations are named after it."""

    UNBALANCED = "unbalanced"
    SILENT_FEED = "silent-feed"
    CIRCUIT_OPEN = "circuit-open"
    MISCONFIGURED = "misconfigured"
    NOT_SENT = "not-sent"
    NO_ROUTE = "no-route"
    IN_DOUBT = "in-doubt"
    UNACKNOWLEDGED = "unacknowledged"
    UNMATCHED_ACKNOWLEDGEMENT = "unmatched-acknowledgement"
    PERHAPS_TWICE = "perhaps-twice"
    SPOILT = "spoilt"
    QUARANTINE_OLD = "quarantine-old"
    NOTICE_REFUSED = "notice-refused"
    UNTOLD = "untold"
    COMPARE_FIRST = "compare-first"


@dataclass(frozen=True, slots=True)
class Meaning:
    """An alarm in words: `what` is the case, what `number` counts, and what to `do`."""

    what: str
    number: str
    do: str


MEANINGS: dict[AlarmKind, Meaning] = {
    AlarmKind.UNBALANCED: Meaning(
        "The account does not balance.", "cells that differ", "`soh-hub reconcile` names the cells; `soh-hub trace` one report's way."
    ),
    AlarmKind.SILENT_FEED: Meaning(
        "The last finished day brought fewer reports than the force's file expects, or far fewer than that weekday usually does.",
        "reports on that day",
        "Ask the platform's team whether the force's pages are up; correct `daily_minimum` if it is wrong.",
    ),
    AlarmKind.CIRCUIT_OPEN: Meaning(
        "A far end does not answer; what is for it is held and leaves by itself when it is well.",
        "drops that wait for it",
        "Tell the force, or who runs the system that it shares.",
    ),
    AlarmKind.MISCONFIGURED: Meaning(
        "Nothing can be sent to a force until its settings are right: another host key, a certificate, credentials that are refused.",
        "drops that wait",
        "See the code and the run's message; ask the force before a host key is changed in its file.",
    ),
    AlarmKind.NOT_SENT: Meaning(
        "A sealed drop was not sent for an hour, although nothing holds it.",
        "drops",
        "See the last run of that force: credentials that are not set, an endpoint that was changed, no dispatcher.",
    ),
    AlarmKind.NO_ROUTE: Meaning(
        "Reports are held because the force's file has no route for them today, or is broken.",
        "reports",
        "`soh-hub force check` says what is wrong with the file.",
    ),
    AlarmKind.IN_DOUBT: Meaning(
        "Reports may have arrived, and the far end cannot tell.",
        "reports",
        "Ask the force whether it has them, then settle what is in doubt.",
    ),
    AlarmKind.UNACKNOWLEDGED: Meaning(
        "Delivered reports were not acknowledged in the time that the force's file gives (`expect.acknowledged_within`).",
        "drops",
        "Ask the force whether it has taken the drop that is named, and the ones after it.",
    ),
    AlarmKind.UNMATCHED_ACKNOWLEDGEMENT: Meaning(
        "The force acknowledged something that was never sent to it.",
        "acknowledgements in the last seven days",
        "Ask the force where the report that it names came from.",
    ),
    AlarmKind.PERHAPS_TWICE: Meaning(
        "A force acknowledged what its far end had said that it did not get, after it was sent to it anew: it may have it twice.",
        "reports in the last seven days",
        "Tell the force which reports (`soh-hub trace`), and whoever runs the far end that it took what it said it had not.",
    ),
    AlarmKind.SPOILT: Meaning(
        "The hub's own copy of what was sealed is gone or altered; nothing of that left. Records were sealed anew.",
        "drops in the last day",
        "See to the disk or bucket of the store, and put back what is missing from its back-up.",
    ),
    AlarmKind.QUARANTINE_OLD: Meaning(
        "Reports have been in quarantine for longer than their gravity allows: danger and what nobody knows an hour, the rest a day.",
        "reports",
        "Work through `soh-hub quarantine list`, gravest first; `quarantine take` says that it is yours.",
    ),
    AlarmKind.NOTICE_REFUSED: Meaning(
        "The platform refused a notice of outcomes; those after it go on, and it is offered again every hour.",
        "notices",
        "Ask the platform's team what it has against the notice that is named.",
    ),
    AlarmKind.COMPARE_FIRST: Meaning(
        "The ledger was restored from a back-up, and sends nothing to these forces until their far ends were asked what they hold.",
        "routes",
        "`soh-hub restore compare`, and again for those that it could not reach.",
    ),
    AlarmKind.UNTOLD: Meaning(
        "The platform has not taken a notice of outcomes for four hours.",
        "notices",
        "See whether HUB_OUTCOMES can be reached, and what the last pass says of it.",
    ),
}


class RunKind(StrEnum):
    """What only Prefect can see: of its runs, and of those that never came. The ledger has no such alarm."""

    LATE_PASS = "late-pass"  # noqa: S105 - no password
    CRASHED_RUN = "crashed-run"
    NOT_BEGUN = "not-begun"


RUNS: dict[RunKind, Meaning] = {
    RunKind.LATE_PASS: Meaning(
        "No pass has come to its end for longer than it may take: nothing is picked up or sent, and no other alarm is looked for.",
        "passes",
        "See whether `soh-hub dispatch` runs, and what its log says; nothing is lost, and the next pass does what was left.",
    ),
    RunKind.CRASHED_RUN: Meaning(
        "A run broke off: its process was ended, or it failed in a way that nobody foresaw.",
        "runs",
        "Open the run and read its last lines. What it had not done, the next pass does; report what looks like a defect.",
    ),
    RunKind.NOT_BEGUN: Meaning(
        "A run that is due was not begun: no worker takes it.",
        "runs",
        "See whether a worker of the pool `hub` runs: `prefect worker start --pool hub`.",
    ),
}


UNMATCHED_STANDS = timedelta(days=7)
SPOILT_STANDS = timedelta(days=1)
UNTOLD_AFTER = timedelta(hours=4)
NOT_SENT_AFTER = timedelta(hours=1)
