"""Statements compiled once a process: each test opens engines of its own, which would compile all anew.

A statement's text depends on the kind of database alone, so that engines of one kind may share it.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

STATEMENTS = 3000


class Compiled(LRUCache[Any, Any]):
    """SQLAlchemy's own cache, whose keys name the kind of database where they named the engine's dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        """What was compiled, on whichever engine."""
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: Any) -> tuple[Any, ...]:
    dialect, *rest = key
    return (dialect.name, dialect.driver, *rest)


def share_compiled() -> None:
    """Every engine of this process looks into one cache."""
    compiled = Compiled(STATEMENTS)

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
