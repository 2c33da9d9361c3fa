"""`soh-hub server`: the hub's own Prefect server, with its UI."""

import signal
from typing import Annotated

import typer

from console.options import fail
from hub.settings import Settings


def server(port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens on 127.0.0.1; 0 takes a free port.")] = 4200) -> None:
    """Run the Prefect server and its UI until Ctrl-C."""
    from flows.server import PrefectServer, ServerUnavailable

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an orderly end for a supervisor's signal too
    prefect = PrefectServer(Settings.read().home, port=port)
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
        fail(f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}): choose another with --port, or 0 for a free one.")
