"""Secrets, by reference only: `env:NAME`, `file:/path` or `prefect-block:name`. A force's file never holds one, and nothing here shows one.

A login is JSON: `{"username": …, "password": …}` or `{"username": …, "private_key": "<path>"}`, where a relative path
starts from the folder of the file that names it; `passphrase` opens an encrypted key. An API key is the text itself.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, SecretStr, ValidationError

from adapters.settings import STRICT, explain
from hub.contracts import Misconfigured

LARGEST = 64 * 1024  # bytes: more is not a secret but the wrong file


_BLOCK = "prefect-block"
REFERENCES = ("env", "file", _BLOCK)
_read_block: Callable[[str], str | None] | None = None


def read_blocks_by(reader: Callable[[str], str | None]) -> None:
    """From now on `prefect-block:name` is what `reader` has under that name, None where it has none: only the floor above knows Prefect."""
    global _read_block  # noqa: PLW0603 - one orchestrator a process
    _read_block = reader


def _is_reference(text: str) -> str:
    """Refuses a secret that stands where a reference belongs, without repeating it."""
    if not text.startswith(("env:", "file:", f"{_BLOCK}:")):
        raise ValueError("write a reference to the secret, env:NAME, file:/path or prefect-block:name, never the secret itself")
    return text


Reference = Annotated[str, AfterValidator(_is_reference)]


class Login(BaseModel):
    """Who we are at a far end. Its secrets show in no repr, log or exception."""

    model_config = STRICT

    username: str
    password: SecretStr | None = None
    private_key: Path | None = None
    passphrase: SecretStr | None = None


def reveal(reference: Reference) -> SecretStr:
    """The secret that a reference names, without the white space around it. Raises Misconfigured with the reference, never the value."""
    kind, _, name = _is_reference(reference).partition(":")
    text = _held(reference, kind, name)
    if not text or not text.strip():
        raise Misconfigured("no-credentials", f"{reference} is not set, or empty: put the secret there")
    return SecretStr(text.strip())


def login(reference: Reference) -> Login:
    """The login that a reference names. Raises Misconfigured with the reference, never a value."""
    try:
        found = Login.model_validate_json(reveal(reference).get_secret_value())
    except ValidationError as error:
        raise Misconfigured("bad-credentials", f"{reference} is not a login in JSON: {explain(error, Login)}") from None
    if found.password is None and found.private_key is None:
        raise Misconfigured("bad-credentials", f"{reference} has neither a password nor a private_key")
    return _beside(reference, found)


def _beside(reference: str, found: Login) -> Login:
    kind, _, name = reference.partition(":")
    if kind != "file" or found.private_key is None:
        return found
    return found.model_copy(update={"private_key": Path(name).parent / found.private_key})


def _held(reference: str, kind: str, name: str) -> str | None:
    if kind == "env":
        return os.environ.get(name)
    if kind == "file":
        return _text(reference, Path(name))
    if _read_block is None:
        raise Misconfigured("no-credentials", f"{reference} can be read only by the hub's own flows and commands, which know Prefect")
    return _read_block(name)


def _text(reference: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise Misconfigured("bad-credentials", f"{reference} is larger than {LARGEST} bytes: it is not a secret")
        return body.decode()
    except OSError as error:
        raise Misconfigured("no-credentials", f"{reference} cannot be read ({type(error).__name__}): put the secret there") from None
    except UnicodeDecodeError:
        raise Misconfigured("bad-credentials", f"{reference} is not UTF-8 text") from None
