"""Addresses and header names that a file may give: nothing that would send reports in the clear, or break out of its place."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from adapters.settings import is_loopback
from adapters.transports.rest.templates import Template, is_header_text

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}")  # a field name (RFC 9110, 5.6.2)
_OURS = {"content-digest", "content-type", "content-length", "transfer-encoding", "host", "connection", "authorization"}


def _is_safe(url: str) -> str:
    """Refuses what would send reports in the clear, or a secret in an address."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError("write a whole address, https://host/path")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address has no user, password, query or fragment here: use `query`, and `auth` for secrets")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("only https:// may leave this machine; http:// is for loopback addresses")
    if "{" in parts.netloc:
        raise ValueError("the host stands in the file, never in a value of a payload")
    return url.rstrip("/")


def _is_field_name(name: str) -> str:
    if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
        raise ValueError("this is no name of a header, or of one that the transport sets itself")
    return name


def _are_plain(headers: dict[str, str]) -> dict[str, str]:
    """Refuses names and values that would break out of a header, and the headers that the transport sets itself."""
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise ValueError("a header has a name that is not allowed, or that the transport sets itself")
        if not is_header_text(value):
            raise ValueError(f"the header {name} has a value that is not plain ASCII text")
    return headers


Url = Annotated[str, AfterValidator(_is_safe)]
UrlTemplate = Annotated[Template, AfterValidator(_is_safe)]
FieldName = Annotated[str, AfterValidator(_is_field_name)]
Headers = Annotated[dict[str, Template], AfterValidator(_are_plain)]
