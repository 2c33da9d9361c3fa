"""Importing this reads the forces that the environment names: for a process that others are made from, which then know them already."""

from contextlib import suppress

from hub.forces.registry import Registry
from hub.settings import Settings

with suppress(Exception):  # whatever is wrong with a file, each of them meets it again, and says so
    _settings = Settings.read()
    Registry.load(_settings.mappings, _settings.endpoints)
