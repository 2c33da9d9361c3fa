"""How a screen is shown: templates over those of the pages, with the row of links that stands around all of them."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.pages.charts import took
from hub.pages.page import environment
from hub.reports.services import SERVICES

if TYPE_CHECKING:
    from jinja2 import Environment

    from console.screens.doors import Session

LINKS = (("/", "Today"), ("/worklist", "Worklist"), ("/trace", "Trace"), ("/checks", "Check results"), ("/programme", "Programme"))
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page that is served: its row of links, and the folder in which the force pages of its period lie."""

    nav: str
    folder: str = ""


class Screens:
    """Makes answers out of templates. `policy` lets a page have its own style, and nothing else."""

    def __init__(self) -> None:
        self.templates = _templates()
        style = hashlib.sha256(_style(self.templates).encode()).digest()
        own = f"style-src-elem 'sha256-{base64.b64encode(style).decode()}'; style-src-attr 'unsafe-inline'"  # charts have such attributes
        self.policy = f"default-src 'none'; {own}; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    def show(self, request: Request, template: str, status: int = 200, /, **values: object) -> Response:
        """A screen for whoever is signed in."""
        session = getattr(request.state, "session", None)
        told, values["told"] = _taken(session), ""
        values |= {"frame": self.frame(request), "token": session.token if session else "", "told": told}
        return HTMLResponse(self.templates.get_template(template).render(values), status)

    def page(self, html: str) -> Response:
        """A page that is made already."""
        return HTMLResponse(html)

    def problem(self, request: Request, status: int, title: str, told: str) -> Response:
        """What went wrong, in sentences."""
        return self.show(request, "problem.html", status, title=title, sentence=told)

    def frame(self, request: Request, folder: str = "", around: list[tuple[str, str]] | None = None) -> Frame:
        """The row of links, with `around` for what lies beside this page; nothing but the name of the hub for who is not in."""
        session = getattr(request.state, "session", None)
        path = request.url.path
        here = next((link for link, _ in LINKS if link != "/" and path.startswith(link)), "/" if path == "/" else "")
        values = {"session": session, "links": LINKS, "here": here, "around": around or []}
        nav = self.templates.get_template("nav.html").render(values)
        return Frame(_safe(nav), folder)


def _taken(session: "Session | None") -> str:
    """What the last action told, which is said once."""
    told = session.told if session else ""
    if session:
        session.told = ""
    return told


def _templates() -> "Environment":
    from jinja2 import ChoiceLoader, PackageLoader

    pages = environment()
    assert pages.loader  # noqa: S101 - it is made with one
    made = pages.overlay(loader=ChoiceLoader([PackageLoader("console.screens"), pages.loader]))
    made.globals = pages.globals | {
        "wrong": {},
        "told": "",
        "token": "",
        "services": {name: service.title for name, service in SERVICES.items()},
    }
    made.filters = pages.filters | {"age": _age}
    return made


def _age(age: timedelta) -> str:
    return took(age.total_seconds())


def _style(templates: "Environment") -> str:
    """The one style that every page has, as it stands in the page."""
    found = _STYLE.search(templates.get_template("problem.html").render(title="", sentence=""))
    assert found  # noqa: S101 - the layout has it
    return found[1]


def _safe(html: str) -> str:
    from markupsafe import Markup

    return Markup(html)  # noqa: S704 - made by a template of ours, which escapes what goes into it
