"""Importing this reads the forces that the environment names, makes the report's validator and rehearses the checks: for a process that
others are made from.

They then have all three already: the first submission that is not clean does not wait for the validator in each of them, nor the first
batch for what Great Expectations does but once.
"""

from contextlib import suppress

from hub.forces.registry import Registry
from hub.quality.checks import Checks
from hub.reports.model import Report
from hub.reports.validator import model_of
from hub.settings import Settings

model_of(Report)
with suppress(Exception):  # whatever is wrong with a file, each of them meets it again, and says so
    _settings = Settings.read()
    Registry.load(_settings.mappings, _settings.endpoints)
    Checks.load(_settings.expectations).rehearse()
