"""Probing a route's test endpoint, and refusing to probe a live one, whatever it is called."""

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.forces.force import Route

_PLACE = ("host", "port", "url", "directory", "recipients")  # where a far end is: two that agree in all of these are one


def endpoint_steps(own: "Route", tried: "Route", slug: str) -> Iterator[tuple[str, str]]:
    """What each step of the probe found. `own` is the route as the force's file has it, `tried` with the endpoints file over it."""
    from hub.words import Environment

    if tried.endpoint.environment is Environment.LIVE:
        yield "failed", f"not probed, for it is the live one: name the test endpoint in a file for --endpoints:\n{_example(own, slug)}"
    elif own.endpoint.environment is Environment.LIVE and _place(own) == _place(tried):
        where = ", ".join(f"{key} {value}" for key, value in _place(tried).items())
        yield "failed", f"not probed: the endpoints file calls it {tried.endpoint.environment}, and it is where the live one is ({where})"
    else:
        yield "passed", f"the {tried.endpoint.environment} endpoint of {tried.endpoint.instance}"
        yield from _probed(tried)


def _probed(route: "Route") -> Iterator[tuple[str, str]]:
    from adapters.probing import probe
    from adapters.registry import make_transport
    from hub.contracts import Misconfigured

    try:
        transport = make_transport(str(route.transport["name"]), route.transport)
    except Misconfigured as wrong:
        yield "failed", f"settings: {wrong}"
        return
    try:
        for step in probe(transport, route.transport, secrets.token_hex(8)):
            yield step.result, f"{step.name}: {step.said}"
    finally:
        transport.close()


def _place(route: "Route") -> dict[str, str]:
    return {key: str(route.transport[key]) for key in _PLACE if key in route.transport}


def _example(route: "Route", slug: str) -> str:
    place = "url: https://…" if "url" in route.transport else "host: …"
    return f"{slug}: {{{route.name}: {{endpoint: {{environment: test}}, transport: {{{place}, …}}}}}}"
