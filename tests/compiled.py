"""Statements are compiled once in a test process, not anew for each of its ledgers: that took a third of a test that opens one.

SQLAlchemy keeps what it has compiled with the engine, by the engine's dialect. A hub has one engine for as long as it runs; a test
process opens thousands, one after the other, and each is given the dialect of the first and what was compiled with it.
"""

from typing import Any

from sqlalchemy import Dialect, Engine, create_engine
from sqlalchemy.util import LRUCache

import hub.ledger.engine

_KEPT = 2_000  # statements of one kind of database
_FIRST: dict[str, Dialect] = {}
_COMPILED: dict[str, LRUCache[Any, Any]] = {}


def pytest_configure() -> None:
    hub.ledger.engine.create_engine = _with_what_is_compiled  # type: ignore[attr-defined]


def _with_what_is_compiled(*arguments: Any, **settings: Any) -> Engine:
    engine = create_engine(*arguments, **settings)
    first = _FIRST.get(engine.name)
    if first is None or getattr(first, "server_version_info", None) is None:  # that one has not met its server, and does not know it
        _FIRST[engine.name] = engine.dialect
        _COMPILED[engine.name] = LRUCache(_KEPT)
    engine.dialect = _FIRST[engine.name]
    engine.update_execution_options(compiled_cache=_COMPILED[engine.name])
    return engine
