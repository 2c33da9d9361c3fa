"""Servers that the suites run against."""

from tests.servers.openssh import openssh

__all__ = ["openssh"]
