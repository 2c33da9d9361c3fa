"""The screens that put things right: one report, its values on demand, amending, releasing, taking on. Each is in its history."""

from typing import Any

import orjson
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.screens import forms
from console.screens.correcting import Correction, correction, rows_for
from console.screens.doors import Doors, Session
from console.screens.forms import Wrong
from console.screens.office import Office
from console.screens.show import Screens
from hub.ledger.choosing import Wanted
from hub.ledger.operating import Done
from hub.ledger.trace import Trace, trace
from hub.reasons import AmendReason, ReleaseReason, ViewReason
from hub.reports.pointers import at_fault, values
from hub.steps import operate, viewing
from hub.steps.operate import NotDone
from hub.steps.viewing import Viewed
from hub.words import State


def routes(office: Office, screens: Screens, doors: Doors) -> APIRouter:
    """These screens."""
    router = APIRouter()
    _one(router, office, screens)
    _taking(router, office)
    _showing(router, office, screens, doors)
    return router


def _one(router: APIRouter, office: Office, screens: Screens) -> None:
    @router.get("/reports/{number}")
    def report(request: Request, number: int) -> Response:
        return _report(screens, request, office, number)

    @router.post("/reports/{number}/release")
    def release(request: Request, number: int) -> Response:
        form: forms.Form = request.state.form
        try:
            reason = forms.choice(form, "reason", ReleaseReason, "what was put right")
            done = operate.release(office.desk(_who(request), reason), Wanted((f"#{number}",)))
        except (Wrong, NotDone) as error:
            return _report(screens, request, office, number, {"release": str(error)}, 422)
        if done.refused:
            return _report(screens, request, office, number, {"release": _refused(done)}, 422)
        return _told(request, f"/reports/{number}", "Released: it is checked and mapped anew with the next pass.")


def _taking(router: APIRouter, office: Office) -> None:
    @router.post("/worklist/take")
    def take(request: Request) -> Response:
        form: forms.Form = request.state.form
        names = tuple(f"#{name}" for name in form.get("report", []) if name.isdecimal())
        told = "Nothing was chosen."
        if names:
            done = operate.take(office.desk(_who(request)), Wanted(names))
            told = f"{done.changed:,} taken: the list shows them with your name." if not done.refused else _refused(done)
        back = forms.one(form, "force"), forms.one(form, "code")
        query = "&".join(f"{name}={value}" for name, value in zip(("force", "code"), back, strict=True) if value.replace("-", "").isalnum())
        return _told(request, f"/worklist?{query}" if query else "/worklist", told)


def _showing(router: APIRouter, office: Office, screens: Screens, doors: Doors) -> None:
    @router.post("/reports/{number}/view")
    def view(request: Request, number: int) -> Response:
        try:
            reason = forms.choice(request.state.form, "reason", ViewReason, "why you have to see what it says")
            viewing.view(office.desk(_who(request), reason), f"#{number}")
        except (Wrong, NotDone) as error:
            return _report(screens, request, office, number, {"view": str(error)}, 422)
        doors.let_view(_session(request), number)
        return RedirectResponse(f"/reports/{number}/values", 303)

    @router.get("/reports/{number}/values")
    def show(request: Request, number: int) -> Response:
        if not doors.may_view(_session(request), number):
            return RedirectResponse(f"/reports/{number}", 303)
        try:
            viewed = viewing.again(office.desk(_who(request)), f"#{number}")
        except NotDone as error:
            return _report(screens, request, office, number, {"view": str(error)}, 409)
        return _values(screens, request, viewed, more=request.query_params.getlist("correct"))

    @router.post("/reports/{number}/amend")
    def amend(request: Request, number: int) -> Response:
        if not doors.may_view(_session(request), number):
            return _told(request, f"/reports/{number}", "The viewing is over: say once more why you have to see it. Nothing was changed.")
        form: forms.Form = request.state.form
        desk, name = office.desk(_who(request)), f"#{number}"
        try:
            viewed = viewing.again(desk, name)
        except NotDone as error:
            return _report(screens, request, office, number, {"view": str(error)}, 409)
        given = correction(form)
        try:
            reason = forms.choice(form, "reason", AmendReason, "who said what the value should be")
            desk = office.desk(_who(request), reason)
            done = operate.amend(desk, name, given.patch(_document(viewed)), given.version)
            if given.release and not done.refused:
                done.refused += operate.release(desk, Wanted((name,))).refused
        except Wrong as error:
            return _values(screens, request, viewed, given, {error.field: str(error)}, status=422)
        except NotDone as error:
            return _values(screens, request, viewed, given, {"corrections": str(error)}, status=422)
        return _told(request, f"/reports/{number}", _amended(done, given))


def _amended(done: Done, given: Correction) -> str:
    if not done.changed:
        return f"Nothing was amended: {_refused(done)}"
    if done.refused:
        return f"Amended, and not let go: {_refused(done)}"
    return "Amended, and released: it goes with the next pass." if given.release else "Amended. The original is kept beside it."


def _report(
    screens: Screens, request: Request, office: Office, number: int, wrong: dict[str, str] | None = None, status: int = 200
) -> Response:
    """The screen of one report: its way without a value of it, and what can be done."""
    found = trace(office.ledger, f"#{number}")
    if not found:
        raise HTTPException(404)
    (one,) = found
    waits = State.QUARANTINED in one.states.values()
    cause, do = office.advice.get(_code(one), ("", ""))
    reasons = {"view_reasons": list(ViewReason), "release_reasons": list(ReleaseReason)}
    shown = {"one": one, "waits": waits, "cause": cause, "do": do, "code": _code(one), "wrong": wrong or {}}
    return screens.show(request, "report.html", status, names=office.names, **reasons, **shown)


def _code(one: Trace) -> str:
    """The code of the last step into quarantine."""
    return next((step.code or "" for step in reversed(one.steps) if step.what.endswith(State.QUARANTINED) and step.code), "")


def _values(
    screens: Screens,
    request: Request,
    viewed: Viewed,
    given: Correction | None = None,
    wrong: dict[str, str] | None = None,
    *,
    more: list[str] | None = None,
    status: int = 200,
) -> Response:
    """What a report says, with the form to correct it: the values at fault first."""
    document = _document(viewed)
    faulty = at_fault(document, viewed.chosen.where)
    every = list(values(document)) if document is not None else []
    rows = given.rows if given else rows_for(document, [*faulty, *(more or [])])
    shown = {"rows": rows, "every": every, "faulty": set(faulty), "raw": None if every else viewed.body.decode("utf-8", "replace")}
    given_ = given or Correction((), "", viewed.version, release=True, reason="")
    return screens.show(
        request,
        "values.html",
        status,
        viewed=viewed,
        one=viewed.chosen,
        wrong=wrong or {},
        given=given_,
        reasons=list(AmendReason),
        **shown,
    )


def _document(viewed: Viewed) -> Any:
    """The submission as JSON; None where it is none."""
    try:
        document = orjson.loads(viewed.body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _refused(done: Done) -> str:
    return " ".join(f"{one.why[:1].upper()}{one.why[1:]}." for one in done.refused)


def _told(request: Request, path: str, told: str) -> Response:
    _session(request).told = told
    return RedirectResponse(path, 303)


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _who(request: Request) -> str:
    return _session(request).who
