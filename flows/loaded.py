"""Importing this reads the forces that the environment names and makes the report's validator: for a process that others are made from.

They then have both already, and the first submission that is not clean does not wait for the validator in each of them.
"""

from contextlib import suppress

from hub.forces.registry import Registry
from hub.reports.model import Report
from hub.reports.validator import model_of
from hub.settings import Settings

model_of(Report)
with suppress(Exception):  # whatever is wrong with a file, each of them meets it again, and says so
    _settings = Settings.read()
    Registry.load(_settings.mappings, _settings.endpoints)
