"""The web application of `soh-hub serve`, put together."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from console.measures import MEDIA_TYPE, measured
from console.screens import forms, passwords, reading, righting
from console.screens.doors import Doors
from console.screens.guard import Address, Guard, local
from console.screens.office import FRESH, Kept, Office
from console.screens.show import Screens


@dataclass(frozen=True)
class Keys:
    """The secrets, each read when it is needed, so that a change of its file counts at once; None where it is not set."""

    passwords: Callable[[], str] | None = None
    proxy: Callable[[], str] | None = None
    metrics: Callable[[], str] | None = None


def make_app(office: Office, keys: Keys, doors: Doors | None = None) -> FastAPI:
    """The application, which answers under the names that `HUB_SERVE_URL` and the loopback have."""
    app = FastAPI(title="The integration hub", docs_url=None, redoc_url=None, openapi_url=None)
    screens = Screens()
    guard = Guard(screens, doors or Doors(), Address.of(office.settings.serve_url), keys.proxy)
    app.middleware("http")(guard)
    app.include_router(reading.routes(office, screens))
    app.include_router(righting.routes(office, screens, guard.doors))
    _sign_in(app, screens, guard, keys)

    kept = Kept(lambda: measured(office.ledger, office.clock), FRESH)

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        """For Prometheus, which has a token instead of a session."""
        if keys.metrics is None:
            return PlainTextResponse("HUB_SERVE_METRICS is not set: see docs/metrics.md.\n", 404)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {keys.metrics()}".encode()):
            return PlainTextResponse("Wants the token of HUB_SERVE_METRICS.\n", 401, {"WWW-Authenticate": "Bearer"})
        return Response(kept.get(), media_type=MEDIA_TYPE)

    @app.get("/well")
    def well() -> Response:
        return PlainTextResponse("well\n")

    @app.exception_handler(HTTPException)
    async def missing(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return screens.problem(request, 404, "There is no such page", "Go to Today, and find it from there.")
        return screens.problem(request, error.status_code, "That cannot be done here", str(error.detail))

    return app


def _sign_in(app: FastAPI, screens: Screens, guard: Guard, keys: Keys) -> None:
    def form(request: Request, wrong: str = "", name: str = "", status: int = 200) -> Response:
        wanted = local(request.query_params.get("next", "/"))
        return screens.show(request, "sign-in.html", status, wrong=wrong, name=name, next=wanted, by_password=keys.passwords is not None)

    @app.get("/sign-in")
    def show_form(request: Request) -> Response:
        return form(request)

    @app.post("/sign-in")
    def sign_in(request: Request) -> Response:
        given: forms.Form = request.state.form
        name, password = forms.one(given, "name"), (given.get("password") or [""])[0]
        if seconds := guard.doors.wait(name):
            minutes = int(seconds // 60) + 1
            return form(request, f"Too many wrong passwords. Try again in {minutes} minute{'s' if minutes > 1 else ''}.", name, 429)
        if keys.passwords is None or not passwords.lets_in(passwords.read_lines(keys.passwords()), name, password):
            guard.doors.failed(name)
            return form(request, "The name or the password is not right.", name, 403)
        key, _ = guard.doors.enter(f"{name} (serve)")
        answer = RedirectResponse(local(forms.one(given, "next")), 303)
        guard.remember(answer, key)
        return answer

    @app.post("/sign-out")
    def sign_out(request: Request) -> Response:
        answer = RedirectResponse("/sign-in", 303)
        guard.forget(request, answer)
        return answer
