"""`column IN (many values)` as one parameter: the statement is the same however many they are.

It is built, compiled and prepared once, and not anew for every number of residents who happen to be waiting.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Column, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeDecorator, TypeEngine


class _Values(TypeDecorator[Collection[Any]]):
    """Many values as one: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """How the database takes them."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.item))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        """What the driver is given."""
        values = list(value or ())
        return json.dumps(values) if dialect.name == "sqlite" else values


class one_of(FunctionElement[Any]):
    """Whether `column` is one of the values that come as the parameter `name` when the statement runs."""

    inherit_cache = True
    name = "one_of"
    type = NULLTYPE  # as a Boolean it would become "(…) = 1" on SQLite, which finds no index

    def __init__(self, column: Column[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_Values(column.type)))


@compiles(one_of, "sqlite")
def _in_json(element: one_of, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = (compiler.process(one, **kwargs) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled parts


@compiles(one_of)
def _in_array(element: one_of, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, values = (compiler.process(one, **kwargs) for one in element.clauses)
    return f"{column} = ANY ({values})"
