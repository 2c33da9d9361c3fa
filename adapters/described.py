"""What the settings of a format or transport are: its pydantic model, for editors and scaffolds.

By convention an adapter's module has its model under the name `Settings`, or `<Name>Options` (`XmlOptions`); one of
another package that does so too is described like ours.
"""

import sys

from pydantic import BaseModel

from adapters.registry import Kind, adapter_class


def settings_model(kind: Kind, name: str) -> type[BaseModel] | None:
    """The model of an adapter's settings; None where it has none that can be found. Raises Misconfigured for an unknown name."""
    module = sys.modules.get(getattr(adapter_class(kind, name), "__module__", ""))
    found = (getattr(module, called, None) for called in ("Settings", f"{name.title().replace('-', '')}Options"))
    return next((model for model in found if isinstance(model, type) and issubclass(model, BaseModel)), None)


def needed(model: type[BaseModel]) -> list[str]:
    """The settings that have no default, in order."""
    return [info.alias or name for name, info in model.model_fields.items() if info.is_required()]
