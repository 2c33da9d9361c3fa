"""What a transport can do beyond carrying a payload, as data: the conformance kit demonstrates each that one declares.

A transport says so in `capabilities`, a frozenset, and has none where it says nothing.
"""

from enum import StrEnum


class Capability(StrEnum):
    """One thing that not every transport can do."""

    FINDS = "finds"  # a look-up tells Found from Absent
    LISTS = "lists"  # what lies there can be listed (`hub.contracts.Listing`)
    ACKNOWLEDGES = "acknowledges"  # what the force says afterwards is read here
    STREAMS = "streams"  # a payload is never held in memory whole
    TOGETHER = "together"  # many payloads are sent at a time (`hub.contracts.Together`)
    REFUSES_IN_PART = "refuses in part"  # of a batch some reports are refused, and the others are delivered
    ENCLOSES = "encloses"  # attachments may travel in one request with their report
