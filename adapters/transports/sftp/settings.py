"""What a force's file says of an SFTP endpoint."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from adapters.secrets import Reference
from adapters.settings import STRICT
from adapters.transports.sftp.keys import host_key


def _is_host_key(text: str) -> str:
    host_key(text)
    return text


class Timeouts(BaseModel):
    """Seconds to wait. A whole transfer may take `transfer` and as long as its bytes take at `slowest` bytes a second."""

    model_config = STRICT

    connect: Annotated[float, Field(gt=0, le=120)] = 10
    answer: Annotated[float, Field(gt=0, le=600)] = 30
    transfer: Annotated[float, Field(gt=0, le=3600)] = 120
    slowest: Annotated[int, Field(gt=0)] = 50_000

    def for_size(self, size: int) -> float:
        """Seconds after which a transfer of `size` bytes is given up."""
        return self.transfer + size / self.slowest


class Settings(BaseModel):
    """One SFTP endpoint. `host_key` is pinned: no other is ever accepted."""

    model_config = STRICT

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    host_key: Annotated[str, AfterValidator(_is_host_key)]
    credentials: Reference
    directory: Annotated[str, Field(min_length=1)] = "."
    acknowledgements: str | None = None  # their folder; none: the force does not acknowledge
    collects: bool = False  # the force takes a file away as soon as it is there, so that its absence says nothing
    read_back: Annotated[int, Field(ge=0)] = 16_000_000  # bytes: up to this size a look-up compares the digest, above it the size
    resume_over: Annotated[int, Field(ge=0)] = 8_388_608  # bytes: a payload over this size goes on where a cut broke it off
    verify: bool = False  # whether a file that was written in several goes is read back whole before it gets its name
    timeouts: Timeouts = Timeouts()
