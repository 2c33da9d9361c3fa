"""How an adapter's settings are read: checked at once, and wrong ones named without showing their values."""

import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from rapidfuzz import fuzz, process

from hub.contracts import Misconfigured
from hub.documents import keys_at

STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], settings: Mapping[str, object], what: str) -> Model:
    """The settings of `what` (`transport 'sftp'`) as their model. Raises Misconfigured, naming every setting that is wrong.

    Scalars may be text, as YAML gives them (`"22"`, `"true"`). A key `name` is the adapter's own and is left out.
    """
    try:
        return model.model_validate({key: value for key, value in settings.items() if key != "name"})
    except ValidationError as error:
        raise Misconfigured("bad-settings", f"{what}: {explain(error, model)}") from None


def explain(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """What is wrong with which setting, without any value: one may be a secret in the wrong place."""
    faults = error.errors(include_input=False)
    return "; ".join(_fault(fault["loc"], fault["type"], fault["msg"], keys_at(model, fault["loc"][:-1])) for fault in faults)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that ends a message about an unknown name: `; did you mean 'sftp'?`, or nothing where none is near."""
    match = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=60)
    return f"; did you mean '{match[0]}'?" if match else ""


def is_loopback(host: str) -> bool:
    """Whether what is said to this host stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_scheme(path: object) -> object:
    return path.removeprefix("file:") if isinstance(path, str) else path


File = Annotated[Path, BeforeValidator(_without_scheme)]  # a path, also written `file:/path`


def _fault(place: tuple[int | str, ...], kind: str, message: str, known: Iterable[str]) -> str:
    path, message = ".".join(str(step) for step in place), message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"unknown setting '{path}'{nearest(str(place[-1]), known)}"
    return f"{path}: {message}" if path else message
