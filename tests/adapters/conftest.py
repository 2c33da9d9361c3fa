"""Servers that the adapters' tests run against."""

from tests.servers.openssh import openssh

__all__ = ["openssh"]
