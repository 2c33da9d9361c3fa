"""`soh-hub server`: the hub's own Prefect server, with its UI."""

import os
import signal
from typing import Annotated

import typer

from console.options import LOOPBACK, fail
from hub.settings import Settings


def server(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 4200,
    host: Annotated[str, typer.Option(help="The address to listen on; another than loopback takes a credential.")] = "127.0.0.1",
) -> None:
    """Run the Prefect server and its UI until Ctrl-C.

    Its runs are kept in the database that PREFECT_API_DATABASE_CONNECTION_URL names, or in a file below HUB_HOME.
    """
    from flows.server import PrefectServer, ServerUnavailable, settings_named

    _hold_to_credential(host)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an orderly end for a supervisor's signal too
    prefect = PrefectServer(Settings.read().home, port=port, host=host, settings=settings_named(os.environ))
    try:
        with prefect:
            prefect.wait()
            if prefect.pid is None:
                fail(f"A server of this HUB_HOME runs already: {prefect.ui_url}")
            typer.echo(f"Prefect's UI: {prefect.ui_url}\nCtrl-C ends it.")
            signal.pause()
    except KeyboardInterrupt:
        typer.echo("Ended.")
    except ServerUnavailable as error:
        fail(str(error))
    except OSError as error:
        fail(f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port, or 0 for a free one.")


def _hold_to_credential(host: str) -> None:
    """Whoever reaches Prefect may start and read its runs."""
    from flows.server import SERVER_CREDENTIAL

    if host not in LOOPBACK and not os.environ.get(SERVER_CREDENTIAL):
        fail(
            f"{host} is not loopback, and Prefect lets in whoever reaches it: set {SERVER_CREDENTIAL}=NAME:PASSWORD, or leave --host away."
        )
