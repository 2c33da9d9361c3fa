"""The REST stand-ins: one process and one app, a port for each instance, `/<force>/<route>/incidents` for each route."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.server import ServerState

from hub.clock import Clock
from sandbox import answers
from sandbox.certificates import EXPIRED, GOOD, server_side
from sandbox.endpoints import secret_of
from sandbox.gate import EVER, Gate, Greeting, keep
from sandbox.holdings import STANDS, store_of
from sandbox.incidents import Incidents
from sandbox.lines import Line, cut, gone_within, reset
from sandbox.listening import listen
from sandbox.process import ended, ready, run, told_to_stop
from sandbox.records import Numbers, RecordsSystem
from sandbox.shelf import Shelf
from sandbox.stands import Stand, of_instances, read_stands
from sandbox.striking import Faults

Action = Callable[[Incidents, Request], Awaitable[Response]]
NOTHING = Response(status_code=503)  # goes to a client that is no more


def app(endpoints: Mapping[str, Incidents], faults: Faults) -> Starlette:
    """All endpoints behind one app; an idempotency key has slashes, and arrives percent-encoded."""

    def path(below: str, method: str, point: str, action: Action) -> Route:
        async def endpoint(request: Request) -> Response:
            at = endpoints.get("{force}.{route}".format_map(request.path_params))
            if at is None:
                return answers.refused(404, "no-endpoint", "There is no such endpoint.")
            try:
                before = await _before(at, faults, request, point)
                return before or await _after(at, faults, request, point, await action(at, request))
            except ClientDisconnect:  # gone before it had said everything: nothing was taken
                return NOTHING

        return Route("/{force}/{route}" + below, endpoint, methods=[method])

    return Starlette(
        routes=[
            path("/incidents", "POST", "post", Incidents.post),
            path("/incidents/attachments/{key:path}", "PUT", "put", Incidents.put_attachment),
            path("/incidents/attachments/{key:path}", "PATCH", "put", Incidents.patch_attachment),
            path("/incidents/attachments/{key:path}", "HEAD", "find", Incidents.head_attachment),
            path("/incidents/{key:path}", "GET", "find", Incidents.look_up),
            path("/acknowledgements", "GET", "acknowledgements", Incidents.acknowledgements),
        ]
    )


async def _before(at: Incidents, faults: Faults, request: Request, point: str) -> Response | None:
    """The door of every endpoint: faults that strike before anything is taken, and the API key."""
    if (fault := faults.strikes("stall", point, at.stand)) and await gone_within(request, fault.seconds or EVER):
        return NOTHING
    if faults.strikes("reset", point, at.stand):
        await reset(request)
        return NOTHING
    if fault := faults.strikes("status", point, at.stand):
        return answers.unavailable(fault.status, fault.retry_after)
    return _refusal(at, faults, request, point)


def _refusal(at: Incidents, faults: Faults, request: Request, point: str) -> Response | None:
    if faults.strikes("password-refused", "login", at.stand) or not at.lets_in(request):
        return answers.refused(401, "api-key", "The API key is not the one that was agreed.")
    if faults.strikes("permission-denied", point, at.stand):
        return answers.refused(403, "forbidden", "This client may not do that.")
    if faults.strikes("disk-full", point, at.stand):
        return answers.refused(507, "disk-full", "There is no room.")
    return None


async def _after(at: Incidents, faults: Faults, request: Request, point: str, answer: Response) -> Response:
    """What becomes of the answer of a far end that has done what it was asked."""
    if answer.status_code >= 300:
        return answer
    if faults.strikes("lost-response", point, at.stand):
        await cut(request)
        return NOTHING
    if faults.strikes("truncated", point, at.stand):
        return answers.broken_off(answer, partial(cut, request))
    if faults.strikes("wrong-content-type", point, at.stand):
        return answers.page(answer.status_code)
    if fault := faults.strikes("drip", point, at.stand):
        return answers.dripping(answer, fault.seconds or 1)
    return answer


async def serve(folder: Path, clock: Clock) -> None:
    """Serves every REST stand of a sandbox folder until told to stop, or until who started it is gone."""
    stands = [stand for stand in read_stands(folder / STANDS) if stand.transport == "rest"]
    faults = Faults(folder)
    config = uvicorn.Config(app(_endpoints(folder, stands, faults, clock), faults), http=Line, lifespan="off", log_level="warning",
                            access_log=False, proxy_headers=False, server_header=False)  # fmt: skip
    config.load()
    state = ServerState()
    line = partial(Line, config=config, server_state=state, app_state={})
    contexts = {name: server_side(folder, name) for name in (GOOD, EXPIRED)} if any(stand.tls for stand in stands) else {}

    def greet(shared: list[Stand]) -> Greeting:
        if not any(stand.tls for stand in shared):
            return line, None
        return line, contexts[EXPIRED if faults.strikes("expired-certificate", "connect", *shared) else GOOD]

    instances = of_instances(stands)
    ports = listen(folder, "rest", sorted(instances))
    gates = [Gate(port, instances[instance], faults, partial(greet, instances[instance])) for instance, port in ports.items()]
    told = told_to_stop()
    ready()
    await ended(told, keep(gates, faults))
    await _finished(state)


async def _finished(state: ServerState) -> None:
    """Requests that are under way are answered, if they do not take long."""
    for connection in list(state.connections):
        connection.shutdown()
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=2)


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
