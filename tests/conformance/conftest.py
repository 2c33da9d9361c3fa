"""Servers that the suites of transports run against."""

from tests.servers.proftpd import proftpd
from tests.servers.smtp import force_keys

__all__ = ["force_keys", "proftpd"]
