"""Operate on endpoints: one is paused, resumed, or probed before its time. Every force that shares it is told of it in its history."""

from hub.forces.force import Endpoint
from hub.forces.registry import Registry
from hub.ledger import circuits, holds
from hub.steps.operate import Desk, NotDone
from hub.words import Environment


def endpoints(registry: Registry) -> dict[str, list[str]]:
    """Every endpoint on file as `instance/environment`, with the forces that share it."""
    found: dict[str, list[str]] = {}
    for slug, force in registry.forces.items():
        for name in {named(route.endpoint) for route in force.routes}:
            found.setdefault(name, []).append(slug)
    return dict(sorted(found.items()))


def named(endpoint: Endpoint) -> str:
    """`shared/live`"""
    return f"{endpoint.instance}/{endpoint.environment}"


def pause_endpoint(desk: Desk, name: str) -> bool:
    """Send an endpoint nothing until it is resumed. Returns whether it was not paused before. Raises NotDone."""
    forces = _sharing(desk, name)
    if desk.dry_run:
        return _key(name) not in holds.paused_endpoints(desk.ledger)
    return holds.pause_endpoint(desk.ledger, _endpoint(name), forces, desk.author("pause endpoint"))


def resume_endpoint(desk: Desk, name: str) -> bool:
    """Let a paused endpoint go on, also one that is on file no more. Returns whether it was paused. Raises NotDone."""
    if desk.dry_run:
        return _key(name) in holds.paused_endpoints(desk.ledger)
    forces = endpoints(desk.registry).get(name, [])
    return holds.resume_endpoint(desk.ledger, _endpoint(name), forces, desk.author("resume endpoint"))


def probe(desk: Desk, name: str) -> bool:
    """Have an endpoint whose circuit is open tried with the next pass, by one drop. Returns whether it is open. Raises NotDone."""
    forces = _sharing(desk, name)
    if _key(name) in holds.paused_endpoints(desk.ledger):
        raise NotDone(f"{name} is paused: resume it first.")
    return circuits.probe_now(desk.ledger, _endpoint(name), forces, desk.author("probe"), dry_run=desk.dry_run)


def _sharing(desk: Desk, name: str) -> list[str]:
    known = endpoints(desk.registry)
    if name not in known:
        raise NotDone(f"There is no endpoint '{name}' on file. Write instance/environment: {', '.join(list(known)[:10])} ….")
    return known[name]


def _key(name: str) -> tuple[str, str]:
    instance, _, environment = name.rpartition("/")
    return instance, environment


def _endpoint(name: str) -> Endpoint:
    """Raises NotDone for what is none."""
    instance, environment = _key(name)
    if not instance or environment not in list(Environment):
        raise NotDone(f"'{name}' is no endpoint: write instance/environment, such as shared/live.")
    return Endpoint(instance, Environment(environment))
