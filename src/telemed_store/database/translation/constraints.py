"""Which constraint a name belongs to, and which error an area wants for it.

Names are looked up in a `MetaData`, whose index is built when first asked for and again when tables were added. Only
names found here are ever read out of a message, since the rest of a message may be a row's values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from telemed_store.errors import Cause, StoreError

__all__ = ["Factory", "Key", "Names", "factory_of", "names_of", "register"]

Factory: TypeAlias = Callable[[Cause], StoreError]

_factories: dict[str, Factory] = {}


def register(constraint: str, factory: Factory) -> None:
    """Say which error a violated constraint, or a trigger's rule, becomes. Areas call it beside their tables.

    Args:
        constraint: The constraint's name, or the text that the trigger raises.
        factory: Makes the error from its cause, such as ``lambda cause: SlotTaken("doctor", cause=cause)``.

    Raises:
        ValueError: The name has another factory already.
    """
    if _factories.setdefault(constraint, factory) is not factory:
        raise ValueError(f"the constraint {constraint} is registered already: give each rule one error")


def factory_of(constraint: str | None) -> Factory | None:
    """The factory registered for a name."""
    return _factories.get(constraint) if constraint else None


@dataclass(frozen=True, slots=True)
class Key:
    """One named constraint or unique index.

    Attributes:
        columns: The columns it speaks of, as far as they are known.
        refers_to: The table a foreign key points at.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    refers_to: str | None = None


class Names:
    """The constraints and columns of one MetaData, by name."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._by_name: dict[str, Key] = {}
        self._unique: dict[tuple[str, frozenset[str]], list[Key]] = {}
        self._primary: dict[str, Key] = {}
        self._columns: dict[str, frozenset[str]] = {}
        for table in tables:
            self._columns[table.name] = frozenset(column.name for column in table.columns)
            for key, unique in _keys(table):
                self._by_name[key.name] = key
                if unique:
                    self._unique.setdefault((key.table, frozenset(key.columns)), []).append(key)
            primary = table.primary_key
            self._primary[table.name] = Key(_name(primary) or "", table.name, tuple(primary.columns.keys()))

    def __contains__(self, name: str) -> bool:
        return name in self._by_name or name in _factories

    def key(self, name: str | None) -> Key | None:
        """The constraint of this name."""
        return self._by_name.get(name) if name else None

    def unique_key(self, table: str, columns: Iterable[str]) -> Key | None:
        """The unique constraint on exactly these columns: the registered one if several partial ones share them."""
        keys = self._unique.get((table, frozenset(columns)), [])
        return next((key for key in keys if key.name in _factories), keys[0] if keys else None)

    def primary_key(self, table: str | None) -> Key | None:
        """The primary key of a table; its ``name`` is empty if it was given none."""
        return self._primary.get(table) if table else None

    def has_column(self, column: str, table: str | None) -> bool:
        """Whether the table has such a column; without a known table, whether any table has."""
        if table in self._columns:
            return column in self._columns[table]
        return any(column in columns for columns in self._columns.values())


_indexes: WeakKeyDictionary[MetaData, tuple[int, Names]] = WeakKeyDictionary()


def names_of(metadata: MetaData) -> Names:
    """The index of a MetaData, made anew when it has more or fewer tables than it had."""
    tables = metadata.tables
    built = _indexes.get(metadata)
    if built is None or built[0] != len(tables):
        built = _indexes[metadata] = (len(tables), Names(tables.values()))
    return built[1]


def _keys(table: Table) -> Iterator[tuple[Key, bool]]:
    for constraint in table.constraints:
        name = _name(constraint)
        if name is None:
            continue
        unique = isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint)
        refers_to = _referred(constraint) if isinstance(constraint, ForeignKeyConstraint) else None
        yield Key(name, table.name, _columns(constraint, table, name), refers_to), unique
    for index in table.indexes:
        if index.unique and index.name is not None:
            yield Key(str(index.name), table.name, tuple(index.columns.keys())), True


def _columns(constraint: Constraint, table: Table, name: str) -> tuple[str, ...]:
    if isinstance(constraint, CheckConstraint):
        told = tuple(constraint.columns.keys())
        # A check written as text tells no columns, but ours are named after the one column they guard.
        named = name.removeprefix(f"ck_{table.name}_")
        return told or ((named,) if named in table.columns else ())
    columns = (
        constraint.columns
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint | ForeignKeyConstraint)
        else ()
    )
    return tuple(column.name for column in columns)


def _referred(constraint: ForeignKeyConstraint) -> str:
    # The target's text, not its Column: the table referred to may not be imported yet.
    return constraint.elements[0].target_fullname.split(".")[-2]


def _name(constraint: Constraint) -> str | None:
    return str(constraint.name) if isinstance(constraint.name, str) else None
