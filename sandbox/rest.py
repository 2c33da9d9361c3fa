"""The REST stand-ins: one process and one app, a port for each instance, `/<force>/<route>/incidents` for each route."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.clock import Clock
from sandbox import answers
from sandbox.endpoints import secret_of
from sandbox.faults import Faults
from sandbox.holdings import STANDS, store_of
from sandbox.incidents import Incidents
from sandbox.lines import Line, cut
from sandbox.listening import listen
from sandbox.process import ended, ready, run, told_to_stop
from sandbox.records import Numbers, RecordsSystem
from sandbox.shelf import Shelf
from sandbox.stands import Stand, read_stands

Action = Callable[[Incidents, Request], Awaitable[Response]]


def app(endpoints: Mapping[str, Incidents], faults: Faults) -> Starlette:
    """All endpoints behind one app; an idempotency key has slashes, and arrives percent-encoded."""

    def path(below: str, method: str, action: Action) -> Route:
        async def endpoint(request: Request) -> Response:
            at = endpoints.get("{force}.{route}".format_map(request.path_params))
            return await _admitted(at, faults, request, action) if at else answers.refused(404, "no-endpoint", "There is no such endpoint.")

        return Route("/{force}/{route}" + below, endpoint, methods=[method])

    return Starlette(
        routes=[
            path("/incidents", "POST", Incidents.post),
            path("/incidents/attachments/{key:path}", "PUT", Incidents.put_attachment),
            path("/incidents/attachments/{key:path}", "HEAD", Incidents.head_attachment),
            path("/incidents/{key:path}", "GET", Incidents.look_up),
            path("/acknowledgements", "GET", Incidents.acknowledgements),
        ]
    )


async def _admitted(at: Incidents, faults: Faults, request: Request, action: Action) -> Response:
    """The door of every endpoint: faults that strike before anything is taken, then the API key."""
    if faults.strikes(at.stand, "reset"):
        cut(request)
        return Response(status_code=503)
    if fault := faults.strikes(at.stand, "status"):
        return answers.unavailable(fault.status, fault.retry_after)
    if not at.lets_in(request):
        return answers.refused(401, "api-key", "The API key is not the one that was agreed.")
    return await action(at, request)


async def serve(folder: Path, clock: Clock) -> None:
    """Serves every REST stand of a sandbox folder until told to stop, or until who started it is gone."""
    stands = [stand for stand in read_stands(folder / STANDS) if stand.transport == "rest"]
    faults = Faults(folder)
    config = uvicorn.Config(app(_endpoints(folder, stands, faults, clock), faults), http=Line, lifespan="off", log_level="warning",
                            access_log=False, proxy_headers=False, server_header=False, timeout_graceful_shutdown=2)  # fmt: skip
    server = Server(config)
    sockets = listen(folder, "rest", sorted({stand.instance for stand in stands}))
    told = told_to_stop()
    serving = asyncio.ensure_future(server.serve(list(sockets.values())))
    await ended(told)
    server.should_exit = True
    await serving


class Server(uvicorn.Server):
    """Says when it listens, and leaves signals to the process that it runs in."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # theirs is a generator's, which is one
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        ready()


def _endpoints(folder: Path, stands: list[Stand], faults: Faults, clock: Clock) -> dict[str, Incidents]:
    numbers = Numbers()
    endpoints: dict[str, Incidents] = {}
    for stand in stands:
        shelf = Shelf(store_of(folder, stand))
        numbers.restore(stand, shelf.reports)
        endpoints[stand.name] = Incidents(shelf, RecordsSystem(stand, numbers, faults, clock), faults, secret_of(folder, stand))
    return endpoints


if __name__ == "__main__":
    run(serve)
