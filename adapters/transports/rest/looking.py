"""What the answer to a look-up says: the far end has it, certainly has it not, or cannot tell."""

from datetime import datetime

from adapters.transports.rest.answers import Answer, content_digest
from adapters.transports.rest.declared import Answers, Lookup
from adapters.transports.rest.meanings import failure, reference
from adapters.transports.rest.paths import items_at
from hub.contracts import Absent, CannotTell, Differs, Finding, Found, Payload, Unavailable


def found(lookup: Lookup, answers: Answers, answer: Answer, payload: Payload, where: str, now: datetime) -> Finding:
    """What the look-up of a report says. As published only the API's own `not-found` means absent: a proxy has a 404 too."""
    signs = answers.signs_of(answer)
    if answers.is_api(answer) and any(sign in lookup.absent for sign in signs):
        return Absent()
    if answers.is_api(answer) and any(sign in lookup.found for sign in signs):
        return _in_list(lookup, answers, answer) if lookup.list_ is not None else _whole(lookup, answers, answer, payload)
    return _otherwise(answers, answer, where, now)


def found_attachment(answers: Answers, answer: Answer, payload: Payload, where: str, now: datetime) -> Finding:
    """What the look-up of an attachment says. A `HEAD` has no body for a code; but to send it again does no harm."""
    if answer.media_type == "text/html":
        return CannotTell("a page of another kind came back")
    if answer.status == 404:
        return Absent()
    if answer.status == 200 and answers.is_api(answer):
        return _whole(Lookup(), answers, answer, payload)
    return _otherwise(answers, answer, where, now)


def _in_list(lookup: Lookup, answers: Answers, answer: Answer) -> Finding:
    items = items_at(str(lookup.list_), answer)
    if items is None:
        return CannotTell("the look-up answered without its list")
    return Found(reference(answers, answer, lookup.reference)) if items else Absent()


def _whole(lookup: Lookup, answers: Answers, answer: Answer, payload: Payload) -> Finding:
    digest = answer.headers.get("content-digest")
    if digest is not None and digest.replace(" ", "") != content_digest(payload):
        return Differs("the far end holds other bytes under this key")
    return Found(reference(answers, answer, lookup.reference))


def _otherwise(answers: Answers, answer: Answer, where: str, now: datetime) -> Finding:
    error = failure(answers, answer, where, now)
    if isinstance(error, Unavailable) or answer.status in (401, 403) or error.code == "not-the-api":
        raise error
    if answer.status >= 500 and answer.status != 501:
        raise Unavailable(f"http-{answer.status}", f"{where} answered a look-up with {answer.status}")
    return CannotTell(f"the far end answered the look-up with {answer.status}")
