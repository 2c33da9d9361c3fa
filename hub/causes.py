"""Why a report is in quarantine or held: the stable codes of the hub itself, each with its cause and what to do.

Codes of the checks stand in the suites under `expectations/`, beside their rules, and have the same four parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.words import Cause


@dataclass(frozen=True, slots=True)
class Code:
    """A stable code. `what` happened in one sentence, `do` says what the operator does about it."""

    code: str
    cause: Cause | None  # None: the report is held, not quarantined
    what: str
    do: str


_ALL = (
    Code("not-readable", Cause.UNREADABLE, "The source could not read the file.", "Ask the platform to send it again."),
    Code(
        "too-large",
        Cause.UNREADABLE,
        "The submission is larger than the hub takes.",
        "Ask the platform for it in parts; its bytes are in the ledger's store.",
    ),
    Code("not-json", Cause.UNREADABLE, "The bytes are not JSON.", "Look at the bytes with the platform's team; ask for it again."),
    Code(
        "too-deep",
        Cause.UNREADABLE,
        "The JSON is nested more deeply than any report is.",
        "Treat it as hostile; ask the platform where it came from.",
    ),
    Code(
        "duplicate-field",
        Cause.UNREADABLE,
        "An object has the same field twice, so its value is not certain.",
        "Ask the platform to send it again with the field once.",
    ),
    Code(
        "envelope-incomplete",
        Cause.UNREADABLE,
        "A field of the envelope is missing or wrong.",
        "Ask the platform to send it again with the named field.",
    ),
    Code(
        "unknown-service",
        Cause.UNREADABLE,
        "The category is none that the hub knows.",
        "Add the service, or ask the platform what it is; then release.",
    ),
    Code("unknown-force", Cause.UNREADABLE, "The force code belongs to no force on file.", "Add the force's file, or re-route."),
    Code(
        "field-unreadable",
        Cause.UNREADABLE,
        "A field does not hold what its type says.",
        "Amend the named field and release, or ask the platform.",
    ),
    Code(
        "field-unknown",
        Cause.UNREADABLE,
        "The submission has a field that the model does not know.",
        "Raise the model's version, or ask the platform what it means.",
    ),
    Code(
        "field-missing",
        Cause.UNREADABLE,
        "A field that its part needs is missing.",
        "Amend the named field and release, or ask the platform.",
    ),
    Code(
        "time-without-date",
        Cause.UNREADABLE,
        "A time stands alone where a date with a time belongs.",
        "Find the day from the text, amend and release.",
    ),
    Code(
        "time-without-offset",
        Cause.UNREADABLE,
        "A time has no offset from UTC, so the instant is not known.",
        "Amend the time with its offset and release.",
    ),
    Code(
        "attachment-missing",
        Cause.UNREADABLE,
        "An attachment that the submission names did not come with it.",
        "Ask the platform for the file.",
    ),
    Code(
        "attachment-altered",
        Cause.UNREADABLE,
        "An attachment's bytes are not the ones the submission names.",
        "Ask the platform for the file.",
    ),
    Code(
        "attachment-lost",
        Cause.UNREADABLE,
        "An attachment's bytes are not where the ledger put them.",
        "Put the store's back-up in its place, then release.",
    ),
    Code(
        "attachment-damaged",
        Cause.UNREADABLE,
        "An attachment's bytes in the hub's store are not the ones that were picked up.",
        "Put the store's back-up in its place, then release.",
    ),
    Code(
        "attachment-not-allowed",
        Cause.UNREADABLE,
        "An attachment's media type is none that the hub lets in.",
        "Have the file looked at, and ask the platform for it as another type; released, it goes to the force as it is.",
    ),
    Code(
        "attachment-not-as-declared",
        Cause.UNREADABLE,
        "An attachment's content is not of the media type that the submission names.",
        "Have the file looked at, and ask the platform for it anew; released, it goes to the force as it is.",
    ),
    Code(
        "attachment-ambiguous",
        Cause.UNREADABLE,
        "An attachment is two kinds of file at once.",
        "Treat it as hostile; ask the platform where it came from.",
    ),
    Code(
        "attachment-active",
        Cause.UNREADABLE,
        "An attachment holds a script, a macro, an embedded file, or something else that runs when it is opened.",
        "Have the file looked at; released, it goes to the force as it is.",
    ),
    Code(
        "attachment-locked",
        Cause.UNREADABLE,
        "An attachment is encrypted, or packed so that nobody can look into it.",
        "Ask the platform for it without a password; released, it goes to the force as it is.",
    ),
    Code(
        "attachment-bomb",
        Cause.UNREADABLE,
        "An attachment would unfold to far more than it is, or says less of its size than is true.",
        "Treat it as hostile; ask the platform where it came from.",
    ),
    Code(
        "attachment-too-large",
        Cause.UNREADABLE,
        "An attachment, or all of a submission's together, is larger than the hub lets in.",
        "Ask the platform for it in parts; released, it goes to the force as it is.",
    ),
    Code(
        "attachments-too-many",
        Cause.UNREADABLE,
        "A submission has more attachments than the hub lets in.",
        "Ask the platform where it came from; released, all of them go to the force.",
    ),
    Code(
        "body-damaged",
        Cause.UNREADABLE,
        "The submission's bytes in the hub's store are not the ones that were picked up, or another's lie in their place.",
        "Find out who wrote to the ledger. Put its back-up in its place, then release.",
    ),
    Code(
        "body-erased",
        Cause.UNREADABLE,
        "The submission's bytes were erased: their time was up, or an operator said so.",
        "They cannot be had again: ask the force, or the person, and withdraw this one.",
    ),
    Code(
        "body-missing",
        Cause.UNREADABLE,
        "The submission's bytes are not where the ledger put them.",
        "Put the store's back-up in its place, then release.",
    ),
    Code(
        "conflict",
        Cause.CONFLICT,
        "Another submission with this id and other bytes was picked up before.",
        "Compare the two; withdraw one.",
    ),
    Code("code-unmapped", Cause.CHECK, "A code has no translation in the force's code list.", "Add it to the code list and release."),
    Code(
        "required-missing",
        Cause.CHECK,
        "A field that the records system requires is absent.",
        "Amend it, or make the field map give a default, and release.",
    ),
    Code(
        "reference-dangling",
        Cause.CHECK,
        "An element of the record would refer to one that is not in it.",
        "Amend the report, or make the field map write what is referred to, and release.",
    ),
    Code(
        "schema-invalid",
        Cause.CHECK,
        "The record does not hold to the records system's schema.",
        "Correct the field map, or amend the report, and release.",
    ),
    Code(
        "hub-defect",
        Cause.CHECK,
        "The hub itself failed on this report; the field names the error's type.",
        "Report the defect with the submission id; release when it is mended.",
    ),
    Code("refused", Cause.REFUSED, "The force read the report and refused it.", "See its reason; amend or re-route."),
    Code("rejected", Cause.REJECTED, "The force's acknowledgement rejected the report.", "See its reason; amend or re-route."),
    Code("force-not-live", None, "The force is not live on the platform yet.", "Nothing: it leaves on the force's date."),
    Code("service-not-live", None, "The force does not take this service yet.", "Nothing: it leaves on the service's date."),
    Code(
        "force-file-broken",
        None,
        "The force's file has an error, so that nobody knows where its reports go.",
        "Correct the file (`soh-hub force list` names the line); they leave with the next pass.",
    ),
    Code("no-route", None, "No route of the force holds on this day.", "Give the force's file a route for today."),
    Code("circuit-open", None, "The far end does not answer.", "Nothing: it leaves when the far end is well again."),
    Code("outside-window", None, "The force takes drops at other times of the day.", "Nothing: it leaves when the delivery window opens."),
    Code(
        "compare-first",
        None,
        "The ledger was restored from a back-up, and nobody has asked the force's far ends yet what they hold.",
        "`soh-hub restore compare`; what they do not hold then leaves.",
    ),
    Code("paused", None, "An operator paused the force, or its endpoint.", "Resume it."),
)

CODES: dict[str, Code] = {code.code: code for code in _ALL}


def as_markdown(checks: Iterable[tuple[str, str, str]]) -> str:
    """`docs/quarantine-codes.md`: every code with what it means and what to do. `checks` are those of the suites: code, cause, to do."""
    held = [(code.code, code.what, code.do) for code in _ALL if code.cause is None]
    rows = {cause: [(code.code, code.what, code.do) for code in _ALL if code.cause is cause] for cause in Cause}
    rows[Cause.CHECK] += checks
    parts = [_table(_TITLES[cause], rows[cause]) for cause in Cause] + [
        _table("Held: it leaves by itself when its date or switch comes", held)
    ]
    return _HEAD + "\n".join(parts)


_HEAD = """\
# Quarantine codes

Why a report waits for a person, and what the person does about it. Made by `soh-hub quarantine codes --markdown`; a test holds the
two together. `soh-hub quarantine list` shows the code of each report; [operate.md](operate.md#putting-it-right-forms-and-commands)
says how each thing is done.

"""
_TITLES = {
    Cause.UNREADABLE: "Unreadable: the submission, or a file that came with it",
    Cause.CONFLICT: "Conflict",
    Cause.CHECK: "Check: the report, or the record made from it, does not hold to a rule",
    Cause.REFUSED: "Refused by the far end",
    Cause.REJECTED: "Rejected by the force",
}


def _table(title: str, rows: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"| `{code}` | {what} | {do} |" for code, what, do in rows]
    return "\n".join([f"## {title}", "", "| Code | Means | Do |", "|---|---|---|", *lines, ""])
