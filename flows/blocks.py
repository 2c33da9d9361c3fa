"""Secrets that lie in Prefect's blocks, for references like `prefect-block:kent-sftp`."""

from typing import Any, cast

import orjson

from hub.contracts import Misconfigured


def secret_in(name: str) -> str | None:
    """The text of the Secret block of this name (an object as JSON), None where there is none. Raises Misconfigured, never with a value."""
    from prefect.blocks.system import Secret
    from prefect.exceptions import ObjectNotFound

    try:
        held = cast(Secret[Any], Secret.load(name.removeprefix("secret/"), _sync=True)).get()  # type: ignore[call-arg] # async_dispatch's
    except (ValueError, ObjectNotFound):  # Prefect says so of a block that is not there
        return None
    except Exception as error:
        raise Misconfigured(
            "no-credentials",
            f"prefect-block:{name} cannot be read ({type(error).__name__}): is Prefect's API there, and its credential right?",
        ) from None
    return held if isinstance(held, str) else orjson.dumps(held).decode()
