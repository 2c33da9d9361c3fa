"""The guard, which every request passes: nothing is shown to who is not in, nothing is changed without a form of their session."""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.screens import forms
from console.screens.doors import Doors, Session
from console.screens.passwords import NAME
from console.screens.show import Screens
from hub.documents import InvalidDocument
from hub.ledger.errors import LedgerUnavailable

COOKIE = "hub"
OPEN = ("/sign-in", "/metrics", "/well")  # what is answered without being signed in
SAFE = ("GET", "HEAD")
Next = Callable[[Request], Awaitable[Response]]
_PATH = re.compile(r"/[A-Za-z0-9._~/?=&%#-]*")
_LOG = logging.getLogger("soh-hub.serve")


@dataclass(frozen=True)
class Address:
    """Where the screens are reached: `hosts` that a request may name, and whether the way there is encrypted."""

    hosts: frozenset[str]
    secure: bool

    @classmethod
    def of(cls, url: str | None) -> "Address":
        parts = urlsplit(url or "")
        return cls(frozenset({"127.0.0.1", "localhost", "[::1]", *filter(None, [parts.hostname])}), parts.scheme == "https")

    @property
    def cookie(self) -> str:
        return f"__Host-{COOKIE}" if self.secure else COOKIE


class Guard:
    """Stands before the screens. `proxy` is the secret by which a proxy shows that the name it gives was authenticated; None: no proxy."""

    def __init__(self, screens: Screens, doors: Doors, address: Address, proxy: Callable[[], str] | None) -> None:
        self.screens = screens
        self.doors = doors
        self.address = address
        self.proxy = proxy

    async def __call__(self, request: Request, go_on: Next) -> Response:
        try:
            return self._protect(await self._answer(request, go_on))
        except (LedgerUnavailable, InvalidDocument) as error:
            return self._protect(self.screens.problem(request, 503, "The hub cannot answer just now", str(error)))
        except Exception as defect:  # its message may hold what a person wrote: where it happened is enough to find it
            place = _place(defect)
            _LOG.error("serve: %s at %s", type(defect).__name__, place)
            told = f"It is a fault of the hub itself ({type(defect).__name__} at {place}): tell its engineers. See if your change was made."
            return self._protect(self.screens.problem(request, 500, "Something went wrong", told))

    async def _answer(self, request: Request, go_on: Next) -> Response:
        if refused := await self._not_ours(request):
            return refused
        return await go_on(request) if request.url.path in OPEN else await self._for_somebody(request, go_on)

    async def _not_ours(self, request: Request) -> Response | None:
        if request.headers.get("host", "").rsplit(":", 1)[0] not in self.address.hosts:
            return self.screens.problem(request, 400, "Not known here", "This hub is not reached by that name: see HUB_SERVE_URL.")
        if request.method not in (*SAFE, "POST"):
            return self.screens.problem(request, 405, "Not possible", "That cannot be done here.")
        return await self._read_form(request) if request.method == "POST" else None

    async def _for_somebody(self, request: Request, go_on: Next) -> Response:
        session, key = self._session(request)
        if session is None:
            return self._to_sign_in(request)
        request.state.session = session
        if request.method == "POST" and not hmac.compare_digest(forms.one(request.state.form, "token"), session.token):
            return self.screens.problem(
                request, 403, "This form is too old", "Open the page again, and send it once more. Nothing was changed."
            )
        answer = await go_on(request)
        if key:
            self.remember(answer, key)
        return answer

    def remember(self, answer: Response, key: str) -> None:
        """Have the browser keep the key of a session until it is closed."""
        answer.set_cookie(self.address.cookie, key, path="/", httponly=True, samesite="strict", secure=self.address.secure)

    def forget(self, request: Request, answer: Response) -> None:
        self.doors.leave(request.cookies.get(self.address.cookie))
        answer.delete_cookie(self.address.cookie, path="/", httponly=True, samesite="strict", secure=self.address.secure)

    def _session(self, request: Request) -> tuple[Session | None, str | None]:
        """Whose request this is; with a key where the session is new."""
        session = self.doors.find(request.cookies.get(self.address.cookie))
        name = self._told_by_proxy(request)
        if name is None or (session and session.who == name):
            return session, None
        key, entered = self.doors.enter(name)
        return entered, key

    def _told_by_proxy(self, request: Request) -> str | None:
        """The name that a proxy authenticated. Without its secret the header is anybody's, and is passed over."""
        name, shown = request.headers.get("x-forwarded-user", ""), request.headers.get("x-hub-proxy", "")
        if self.proxy is None or not NAME.fullmatch(name) or not hmac.compare_digest(shown.encode(), self.proxy().encode()):
            return None
        return f"{name} (proxy)"

    def _to_sign_in(self, request: Request) -> Response:
        if request.method == "POST":
            return self.screens.problem(request, 401, "You are signed out", "Sign in and do it again. Nothing was changed.")
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}" if wanted != "/" else "/sign-in", 303)

    async def _read_form(self, request: Request) -> Response | None:
        """The form of a POST goes into the request's state. Refused where another site sent it, or it is no form of ours."""
        if not self._is_own(request):
            return self.screens.problem(request, 403, "Refused", "This form was sent by another site. Nothing was changed.")
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > forms.LARGEST:
                return self.screens.problem(request, 413, "Too large", "The form is larger than the hub takes. Nothing was changed.")
        try:
            request.state.form = forms.parse(body)
        except ValueError:
            return self.screens.problem(request, 400, "Not readable", "What was sent is no form of this hub. Nothing was changed.")
        return None

    def _is_own(self, request: Request) -> bool:
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return False
        origin = request.headers.get("origin")
        return origin is None or urlsplit(origin).netloc.rsplit(":", 1)[0] in self.address.hosts

    def _protect(self, answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = self.screens.policy
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["X-Frame-Options"] = "DENY"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self.address.secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return answer


def local(path: str) -> str:
    """A path of this hub that somebody may be sent to; the first screen for anything else."""
    return path if _PATH.fullmatch(path) and not path.startswith("//") else "/"


def _place(defect: BaseException) -> str:
    """The file and line where it was raised."""
    at = defect.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    return f"{at.tb_frame.f_code.co_filename.rpartition('/')[2]}:{at.tb_lineno}" if at else "an unknown place"
