"""The REST stand-ins: one process, a port for each instance, `/<force>/<route>/incidents` for each route."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import cast

from hub.clock import Clock
from sandbox import answers
from sandbox.certificates import EXPIRED, GOOD, server_side
from sandbox.endpoints import secret_of
from sandbox.gate import EVER, Gate, Greeting, keep
from sandbox.holdings import STANDS, store_of
from sandbox.http import MOST_WAITING, Request, Response
from sandbox.incidents import LARGEST, Incidents
from sandbox.lines import Lines
from sandbox.listening import listen
from sandbox.process import ended, ready, run, told_to_stop
from sandbox.records import Numbers, RecordsSystem
from sandbox.shelf import Shelf
from sandbox.stands import Stand, of_instances, read_stands
from sandbox.striking import Faults

Now = Callable[[Incidents, Request, str], Response]  # the last is the key that the path names
Streaming = Callable[[Incidents, Request, str], Awaitable[Response]]

_ATTACHMENTS = "incidents/attachments/"
_INCIDENTS = "incidents/"
_PATIENCE = 2.0  # seconds for what is under way when the process is to end


class Endpoints:
    """All endpoints of the process. An idempotency key has slashes, and arrives percent-encoded."""

    def __init__(self, endpoints: Mapping[str, Incidents], faults: Faults) -> None:
        self._endpoints = endpoints
        self._faults = faults

    def is_quick(self, request: Request) -> bool:
        """Whether no fault can strike it, and its body is small."""
        length = request.headers.get("content-length", "" if "transfer-encoding" in request.headers else "0")
        return request.method not in _STREAMING and length.isdigit() and int(length) <= MOST_WAITING and self._faults.none_strikes

    def now(self, request: Request) -> Response:
        """The answer to a whole request, where no fault strikes: none did when its head came, and that is when it is asked."""
        at, below = self._at(request)
        if at is None:
            return _NO_ENDPOINT
        _, act, key = _act(request.method, below)
        if act is None:
            return _NO_ENDPOINT
        self._faults.is_calm = True
        try:
            return cast(Now, act)(at, request, key) if at.lets_in(request) else _NOT_LET_IN
        finally:
            self._faults.is_calm = False

    async def slowly(self, request: Request) -> Response | None:
        """The answer to a request, and what a fault makes of both. Raises Gone."""
        at, below = self._at(request)
        point, act, key = _act(request.method, below)
        if at is None or act is None:
            return _NO_ENDPOINT
        before = await self._before(at, request, point)
        if before or request.line.is_lost:
            return before
        if request.method in _STREAMING:
            answer = await cast(Streaming, act)(at, request, key)
        else:
            await request.gather(LARGEST)
            answer = cast(Now, act)(at, request, key)
        return await self._after(at, request, point, answer)

    def _at(self, request: Request) -> tuple[Incidents | None, str]:
        steps = request.steps()
        return (self._endpoints.get(f"{steps[0]}.{steps[1]}"), steps[2]) if len(steps) == 3 else (None, "")

    async def _before(self, at: Incidents, request: Request, point: str) -> Response | None:
        """The door of every endpoint: faults that strike before anything is taken, and the API key."""
        faults = self._faults
        if (fault := faults.strikes("stall", point, at.stand)) and await request.line.gone_within(fault.seconds or EVER):
            return None
        if faults.strikes("reset", point, at.stand):
            async for _ in request.stream():  # as soon as the first piece is there
                break
            await request.line.cut(resets=True)
            return None
        if fault := faults.strikes("status", point, at.stand):
            return answers.unavailable(fault.status, fault.retry_after)
        return _refusal(at, faults, request, point)

    async def _after(self, at: Incidents, request: Request, point: str, answer: Response) -> Response | None:
        """What becomes of the answer of a far end that has done what it was asked."""
        faults = self._faults
        if answer.status >= 300:
            return answer
        if faults.strikes("lost-response", point, at.stand):
            await request.line.cut()
            return None
        if faults.strikes("truncated", point, at.stand):
            return answers.broken_off(answer, request.line.cut)
        if faults.strikes("wrong-content-type", point, at.stand):
            return answers.page(answer.status)
        if fault := faults.strikes("drip", point, at.stand):
            return answers.dripping(answer, fault.seconds or 1)
        return answer


_NO_ENDPOINT = answers.refused(404, "no-endpoint", "There is no such endpoint.")
_NOT_LET_IN = answers.refused(401, "api-key", "The API key is not the one that was agreed.")
_STREAMING: Mapping[str, Streaming] = {"PUT": Incidents.put_attachment, "PATCH": Incidents.patch_attachment}


def _act(method: str, below: str) -> tuple[str, Now | Streaming | None, str]:
    """The point at which faults strike a request, what it asks for, and the key in its path."""
    match method:
        case "POST" if below == "incidents":
            return "post", Incidents.post, ""
        case "PUT" | "PATCH" if below.startswith(_ATTACHMENTS):
            return "put", _STREAMING[method], below.removeprefix(_ATTACHMENTS)
        case "HEAD" if below.startswith(_ATTACHMENTS):
            return "find", Incidents.head_attachment, below.removeprefix(_ATTACHMENTS)
        case "GET" if below == "acknowledgements":
            return "acknowledgements", Incidents.acknowledgements, ""
        case "GET" if below.startswith(_INCIDENTS):
            return "find", Incidents.look_up, below.removeprefix(_INCIDENTS)
    return "", None, ""


def _refusal(at: Incidents, faults: Faults, request: Request, point: str) -> Response | None:
    if faults.strikes("password-refused", "login", at.stand) or not at.lets_in(request):
        return _NOT_LET_IN
    if faults.strikes("permission-denied", point, at.stand):
        return answers.refused(403, "forbidden", "This client may not do that.")
    if faults.strikes("disk-full", point, at.stand):
        return answers.refused(507, "disk-full", "There is no room.")
    return None


async def serve(folder: Path, clock: Clock) -> None:
    """Serves every REST stand of a sandbox folder until told to stop, or until who started it is gone."""
    stands = [stand for stand in read_stands(folder / STANDS) if stand.transport == "rest"]
    faults = Faults(folder)
    lines = Lines(Endpoints(_endpoints(folder, stands, faults, clock), faults))
    contexts = {name: server_side(folder, name) for name in (GOOD, EXPIRED)} if any(stand.tls for stand in stands) else {}

    def greet(shared: list[Stand]) -> Greeting:
        if not any(stand.tls for stand in shared):
            return lines, None
        return lines, contexts[EXPIRED if faults.strikes("expired-certificate", "connect", *shared) else GOOD]

    instances = of_instances(stands)
    ports = listen(folder, "rest", sorted(instances))
    gates = [Gate(port, instances[instance], faults, partial(greet, instances[instance])) for instance, port in ports.items()]
    told = told_to_stop()
    ready()
    await ended(told, keep(gates, faults))
    await lines.finish(_PATIENCE)


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
