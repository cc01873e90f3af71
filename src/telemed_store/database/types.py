"""Column types that mean the same on every engine: exact UTC microseconds, ordered UUIDs, JSON, ciphertext, closed lists.

On PostgreSQL the driver's own values pass through untouched (no Python conversion of ``uuid`` and ``timestamptz``). Elsewhere one
C-implemented call converts each value.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Dialect, LargeBinary, String, Text, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine
from typing_extensions import override

__all__ = [
    "Ciphertext",
    "ClosedList",
    "Digest",
    "FixedPoint",
    "Id",
    "LongText",
    "ShortText",
    "UtcDateTime",
    "WallClock",
    "closed_list",
    "json_type",
]


class Processor(Protocol):
    """Converts one value, as SQLAlchemy calls it."""

    def __call__(self, value: Any) -> Any: ...


EnumT = TypeVar("EnumT", bound=StrEnum)


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 big-endian bytes elsewhere, so that version 7 sorts by time on every engine."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.BINARY(16)
    cache_ok: bool | None = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        native: dict[str, TypeEngine[Any]] = {
            "postgresql": postgresql.UUID(as_uuid=True),
            "sqlite": types.LargeBinary(16),
        }
        return dialect.type_descriptor(native.get(dialect.name, types.BINARY(16)))

    @override
    def bind_processor(self, dialect: Dialect) -> Processor | None:
        return None if dialect.name == "postgresql" else _uuid_to_bytes

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        return None if dialect.name == "postgresql" else _bytes_to_uuid

    def __repr__(self) -> str:
        return "Id()"


def _uuid_to_bytes(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _bytes_to_uuid(value: bytes | None) -> UUID | None:
    return None if value is None else UUID(bytes=value)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware instant in UTC with microseconds.

    ``timestamptz`` on PostgreSQL; ``DATETIME(6)`` holding UTC on MariaDB; on SQLite ISO 8601 text of fixed width, which sorts as
    the instants do.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.DateTime(timezone=True)
    cache_ok: bool | None = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(types.TIMESTAMP(timezone=True))

    @override
    def bind_processor(self, dialect: Dialect) -> Processor | None:
        return {"postgresql": None, "sqlite": _instant_to_text}.get(dialect.name, _instant_to_naive)

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        return {"postgresql": None, "sqlite": _text_to_instant}.get(dialect.name, _naive_to_instant)

    def __repr__(self) -> str:
        return "UtcDateTime()"


def _instant_to_text(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat(" ", "microseconds")


def _text_to_instant(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def _instant_to_naive(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)


def _naive_to_instant(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.replace(tzinfo=dt.UTC)


class WallClock(TypeDecorator[dt.datetime]):
    """A naive local date and time as a person chose it; its zone stands in a column beside it."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.DateTime(timezone=False)
    cache_ok: bool | None = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(types.DateTime(timezone=False))

    def __repr__(self) -> str:
        return "WallClock()"


class ClosedList(TypeDecorator[EnumT]):
    """A member of a ``StrEnum``, stored as its text; the table's check constraint (`closed_list`) closes the list."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = String
    cache_ok: bool | None = True

    def __init__(self, members: type[EnumT]) -> None:
        self.members = members
        super().__init__(length=max(len(member) for member in members))

    @override
    def bind_processor(self, dialect: Dialect) -> Processor | None:
        return _enum_to_text

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        by_text: dict[str | None, EnumT | None] = {member.value: member for member in self.members}
        by_text[None] = None
        return cast("Processor", by_text.__getitem__)  # called by position; a function around it would cost per value

    @override
    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self

    def __repr__(self) -> str:
        # What a migration shows: the list itself is closed by the check constraint, which a migration names.
        return f"String(length={cast('String', self.impl_instance).length})"


def _enum_to_text(value: StrEnum | str | None) -> str | None:
    return None if value is None else str(value)


def closed_list(column: str, members: type[StrEnum]) -> CheckConstraint:
    """The check that only the enum's values stand in ``column``."""
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def ShortText(length: int) -> String:  # noqa: N802 - reads as the type it makes
    """Text of at most ``length`` characters, compared byte-wise (the table's collation on MariaDB)."""
    return String(length)


LongText = Text


class Ciphertext(TypeDecorator[bytes]):
    """Sealed bytes (crypto.envelope); nothing converts them implicitly: operations seal and open explicitly."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = LargeBinary
    cache_ok: bool | None = True

    def __repr__(self) -> str:
        return "Ciphertext()"


class Digest(TypeDecorator[bytes]):
    """32 bytes of a keyed hash or SHA-256, indexable on every engine."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.LargeBinary(32)
    cache_ok: bool | None = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        binary = types.LargeBinary(32) if dialect.name in {"postgresql", "sqlite"} else types.BINARY(32)
        return dialect.type_descriptor(binary)

    def __repr__(self) -> str:
        return "Digest()"


class FixedPoint(TypeDecorator[Decimal]):
    """An exact decimal number: NUMERIC on the servers; on SQLite, which has only floating point, whole units of its last digit."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = types.Numeric
    cache_ok: bool | None = True

    def __init__(self, precision: int, scale: int) -> None:
        self.precision = precision
        self.scale = scale
        super().__init__(precision, scale)

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        exact = types.BigInteger() if dialect.name == "sqlite" else types.Numeric(self.precision, self.scale)
        return dialect.type_descriptor(exact)

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name != "sqlite" else int(value.scaleb(self.scale).to_integral_exact())

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return value if value is None or dialect.name != "sqlite" else Decimal(value).scaleb(-self.scale)

    def __repr__(self) -> str:
        return f"FixedPoint({self.precision}, {self.scale})"


def json_type() -> TypeEngine[Any]:
    """JSON in the engine's binary form where it has one; None is SQL NULL. Never filtered, sorted or constrained (C5)."""
    return JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
