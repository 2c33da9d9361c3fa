"""`soh-hub serve`: the operators' screens, on loopback behind a password."""

import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from console.options import LOOPBACK, NOW, At, fail
from console.views import opened
from hub.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.screens.app import Keys

PORT = 4300


def serve(
    port: Annotated[int, typer.Option(help="The port.")] = PORT,
    host: Annotated[
        str, typer.Option(help="The address to listen on; another than loopback only behind a proxy that speaks TLS.")
    ] = "127.0.0.1",
    password_for: Annotated[
        str | None, typer.Option("--password-for", metavar="NAME", help="Print the line that lets NAME sign in; the password is asked for.")
    ] = None,
    at: At = NOW,
) -> None:
    """Show the days, the worklist and each report's way in a browser, and amend and release. Until Ctrl-C or SIGTERM."""
    if password_for is not None:
        _print_line(password_for)
        return
    settings = Settings.read()
    _hold_to_loopback(host, settings)
    keys = _keys(settings)
    with opened() as ledger:
        from console.screens.app import make_app
        from console.screens.office import Office

        app = make_app(Office(settings, ledger, at), keys)
        with _listening(host, port) as listening:
            typer.echo(f"ready: the screens are at {settings.serve_url or f'http://{host}:{listening.getsockname()[1]}'}")
            _run(app, listening)


def _listening(host: str, port: int) -> socket.socket:
    """Whoever connects from now on is answered soon. Ends with exit code 1 where somebody else has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        fail(f"{host}:{port} cannot be listened on ({error.strerror}): end what has it, or name another with --port.")


def _run(app: object, listening: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI application
        access_log=False,  # an address may hold a reference
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        limit_concurrency=64,
        h11_max_incomplete_event_size=32 * 1024,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _hold_to_loopback(host: str, settings: Settings) -> None:
    if host not in LOOPBACK and not (settings.serve_url or "").startswith("https://"):
        fail(f"{host} is not loopback: put a proxy with TLS in front, and say so with HUB_SERVE_URL=https://…; or leave --host away.")


def _keys(settings: Settings) -> "Keys":
    """The secrets that the settings refer to, each tried once. Ends with exit code 1 where nobody could sign in, or one cannot be read."""
    from console.screens.app import Keys
    from console.screens.passwords import read_lines

    secret = {name: _secret(f"HUB_SERVE_{name.upper()}", getattr(settings, f"serve_{name}")) for name in ("passwords", "proxy", "metrics")}
    if secret["passwords"] is None and secret["proxy"] is None:
        fail(
            "Nobody could sign in: `soh-hub serve --password-for NAME` prints a line for each operator, "
            "and HUB_SERVE_PASSWORDS says where these lines are (file:/etc/soh/passwords)."
        )
    try:
        read_lines(secret["passwords"]() if secret["passwords"] else "")
    except ValueError as error:
        fail(f"HUB_SERVE_PASSWORDS: {error}.")
    return Keys(**secret)


def _secret(name: str, reference: str | None) -> "Callable[[], str] | None":
    """Reads what a setting refers to; it was read once."""
    from adapters.secrets import reveal
    from hub.contracts import Misconfigured

    if reference is None:
        return None
    try:
        reveal(reference)
    except (Misconfigured, ValueError) as error:
        fail(f"{name}: {error}.")
    return lambda: reveal(reference).get_secret_value()


def _print_line(name: str) -> None:
    from console.screens.passwords import line_for

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        typer.echo(line_for(name, password.rstrip("\n")))
    except ValueError as error:
        fail(str(error))
