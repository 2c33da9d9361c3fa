"""What an answer to something that was sent means: a receipt, or the error that says what to do next."""

from datetime import datetime

from adapters.transports.acknowledgements import is_plain
from adapters.transports.rest.answers import Answer, retry_after
from adapters.transports.rest.declared import Answers, Meaning
from adapters.transports.rest.paths import value_at
from adapters.transports.rest.refusals import Pairs, Unreadable, refused_reports
from hub.contracts import DeliveryError, Misconfigured, Payload, Receipt, Refused, Unavailable, Uncertain


def receipt(answers: Answers, answer: Answer, payload: Payload, where: str, now: datetime) -> Receipt:
    """The far end has it, perhaps but for some reports of a batch: that is what this answer says, or else the error it means is raised."""
    meaning = answers.meaning(answer)
    if meaning is Meaning.DUPLICATE:
        return _taken_before(answers, answer, payload)
    if meaning is Meaning.DELIVERED:
        _judge(answers, answer, where)
        return _taken(answers, answer, payload, where)
    if meaning is Meaning.REFUSED:
        return _refused(answers, answer, payload, where, now)
    raise failure(answers, answer, where, now)


def _judge(answers: Answers, answer: Answer, where: str) -> None:
    """Whether a status that says yes stands over an answer that says so too."""
    if not answers.is_api(answer):
        why = "with a page of another kind: something in between may have answered"
        raise Uncertain("not-the-api", f"{where} answered {answer.status} {why}")
    if answers.ok is None:
        return
    holds = answers.ok.of_answer(answer)
    if holds is None:
        raise Uncertain("answer-unreadable", f"{where} answered {answer.status} without `{answers.ok.at}`, which says whether it is well")
    if not holds:
        theirs = answers.error_code(answer) or "not-ok"
        raise Refused(theirs, f"{where} refused it: {theirs}")


def _taken(answers: Answers, answer: Answer, payload: Payload, where: str) -> Receipt:
    """Taken, but for the reports that the answer names."""
    try:
        refused = _refused_of_batch(answers, answer, payload)
    except Unreadable:
        why = "refused reports of the batch, and which cannot be told: see `answers.refusals`"
        raise Uncertain("refusals-unreadable", f"{where} {why}") from None
    return Receipt(payload.key, reference(answers, answer), f"http-{answer.status}", refused)


def _taken_before(answers: Answers, answer: Answer, payload: Payload) -> Receipt:
    """Taken by an earlier send, but for the reports that the answer names; an error that names none is about the batch: it was there."""
    try:
        refused = _refused_of_batch(answers, answer, payload)
    except Unreadable:
        refused = ()
    return Receipt(payload.key, reference(answers, answer), "duplicate", refused)


def _refused_of_batch(answers: Answers, answer: Answer, payload: Payload) -> Pairs:
    """The reports of a batch that the answer refuses; one that it names as a duplicate is there already. Raises Unreadable."""
    if answers.refusals is None or len(payload.reports) < 2:
        return ()
    there = {sign.split()[-1] for sign in answers.duplicate}
    return tuple((report, code) for report, code in refused_reports(answers.refusals, answer, payload) if code not in there)


def _refused(answers: Answers, answer: Answer, payload: Payload, where: str, now: datetime) -> Receipt:
    """A batch may be refused for some of its reports: the others were taken where the profile says so, else nothing was."""
    error = failure(answers, answer, where, now)
    if answers.refusals is None or len(payload.reports) < 2 or not isinstance(error, Refused):
        raise error
    if str(answer.status) in answers.refusals.partial:
        return _taken(answers, answer, payload, where)
    try:
        reports = refused_reports(answers.refusals, answer, payload)
    except Unreadable:
        raise error from None
    raise Refused(error.code, str(error), reports=reports)


def failure(answers: Answers, answer: Answer, where: str, now: datetime) -> DeliveryError | Misconfigured:
    """The error that an answer means."""
    status, meaning = answer.status, answers.meaning(answer)
    code = answers.error_code(answer) if _is_named_by_code(answers, answer) else None
    if meaning is Meaning.BUSY:
        return Unavailable(code or f"http-{status}", f"{where} answered {status}", retry_after=retry_after(answer, now))
    if meaning is Meaning.MISCONFIGURED:
        why = "check the address, the API key and the certificate with the force"
        return Misconfigured(code or f"http-{status}", f"{where} answered {status}: {why}")
    if status == 400 and answer.media_type == "text/html":  # nginx says so to who shows no certificate, or one that has expired
        why = "with a page that is not the API's: a gateway stopped us; check `client_certificate` and the address with the force"
        return Misconfigured("not-the-api", f"{where} answered 400 {why}")
    if meaning is Meaning.REFUSED:
        theirs = answers.error_code(answer) or f"http-{status}"
        return Refused(theirs, f"{where} refused it: {theirs}")
    return Uncertain(f"http-{status}", f"{where} answered {status}")


def _is_named_by_code(answers: Answers, answer: Answer) -> bool:
    """Whether it is the far end's own code that a profile gives a meaning to, and not the status."""
    signs = {*answers.busy, *answers.misconfigured}
    return any(sign in signs for sign in answers.signs_of(answer)[:-1])


def asking_failed(answers: Answers, answer: Answer, where: str, now: datetime) -> Unavailable | Misconfigured:
    """The error that an answer means where nothing was sent and we only asked."""
    error = failure(answers, answer, where, now)
    if isinstance(error, Misconfigured | Unavailable):
        return error
    return Unavailable(error.code, f"{where} answered a question with {answer.status}")


def reference(answers: Answers, answer: Answer, path: str | None = None) -> str | None:
    """The force's own reference, where the answer gives one that can be stored."""
    found = value_at(answers.reference if path is None else path, answer)
    return found if is_plain(found) else None
