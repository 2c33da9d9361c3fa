"""Which of our adapters the routes of all forces need: so that they are loaded before the first report waits for them."""

from importlib import import_module

from adapters.registry import FORMATS, SOURCES, TRANSPORTS
from hub.forces.registry import Registry


def modules_of(registry: Registry) -> list[str]:
    """The modules of the formats and transports that any force has, and of the folder that submissions come from.

    Another package's is loaded when it is made, and no sooner.
    """
    routes = [route for force in registry.forces.values() for route in force.routes]
    found = {FORMATS.get(str(route.format["name"])) for route in routes} | {
        TRANSPORTS.get(str(route.transport["name"])) for route in routes
    }
    return sorted(adapter.partition(":")[0] for adapter in found | {SOURCES["folder"]} if adapter)


def load_adapters(registry: Registry) -> None:
    """Import them."""
    for module in modules_of(registry):
        import_module(module)
