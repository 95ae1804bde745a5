"""Many values, or many rows, as one parameter: the statement is the same however many they are.

It is built, compiled and prepared once, and not anew for every number of residents who happen to be waiting.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    Dialect,
    Select,
    String,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
)
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
        # A list of VARCHAR(8) would cut what is too long without a word, where the column itself refuses it.
        self.item = Text() if isinstance(item, String) else item

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


def rows_of(dialect: str, columns: Sequence[Column[Any]]) -> Select[Any]:
    """A SELECT of rows that come as parameters when the statement runs (`as_rows`), for INSERT FROM SELECT.

    A list for each column on PostgreSQL, one JSON text on SQLite.
    """
    if dialect == "sqlite":
        row = func.json_each(bindparam(_ROWS, type_=Text)).table_valued("value").c.value
        # Without a condition, SQLite would take the ON CONFLICT of the INSERT for the one of a join.
        return select(
            *(func.json_extract(row, literal_column(f"'$[{at}]'")) for at in range(len(columns)))
        ).where(true())
    lists = (bindparam(f"{_ROWS}_{one.name}", type_=_Values(one.type)) for one in columns)
    rows = func.unnest(*lists).table_valued(*(column(one.name, one.type) for one in columns)).render_derived()
    return select(*rows.c)


def as_rows(dialect: str, columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    """These rows, at least one, as the parameters of such a SELECT."""
    if dialect == "sqlite":
        return {_ROWS: json.dumps(rows)}
    return {
        f"{_ROWS}_{one.name}": values for one, values in zip(columns, zip(*rows, strict=True), strict=True)
    }


_ROWS = "rows"
