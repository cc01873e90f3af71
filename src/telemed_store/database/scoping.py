"""Scopes: small named, typed filters that combine with ``&``, each the one place where its condition is written.

A scope is a frozen dataclass whose fields are its values. It says its condition once, over bind parameters; the statement of a
combination is built on first use and kept, so that SQLAlchemy compiles each combination once.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, bindparam
from typing_extensions import override

from telemed_store.errors import ValidationFailed

__all__ = ["AllOf", "Scope", "check_order", "conditions", "content", "mentions", "parameters", "shape"]

ModelT = TypeVar("ModelT")
Bind = Callable[..., BindParameter[Any]]


class Scope(Generic[ModelT]):
    """A filter of a list of ``ModelT``. Subclasses are frozen dataclasses that implement `condition`.

    Combine with ``&``: ``ForDoctor(doctor_id) & Upcoming()``. Which lists take it is said by its type parameter.
    """

    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        """The SQL condition; ``bind("field", type)`` names the value of a field. None: no condition."""
        raise NotImplementedError

    def values(self, now: dt.datetime) -> Mapping[str, Any]:
        """The values of the bind parameters, by field name. ``now`` is the frame's clock."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(cast("Any", self))}

    def shape(self) -> tuple[Any, ...]:
        """What distinguishes two uses of this scope that need different SQL: by default its class alone."""
        return (type(self),)

    def parts(self) -> tuple[Scope[ModelT], ...]:
        """The simple scopes this one consists of."""
        return (self,)

    def __and__(self, other: Scope[ModelT]) -> Scope[ModelT]:
        if not isinstance(cast("object", other), Scope):
            return NotImplemented
        return AllOf(self.parts() + other.parts())


@dataclasses.dataclass(frozen=True)
class AllOf(Scope[ModelT]):
    """Several scopes at once: rows that pass every one of them."""

    members: tuple[Scope[ModelT], ...]

    @override
    def parts(self) -> tuple[Scope[ModelT], ...]:
        return tuple(part for member in self.members for part in member.parts())

    @override
    def condition(self, bind: Bind) -> ColumnElement[bool] | None:
        raise TypeError("combine the conditions of parts()")


def conditions(scope: Scope[Any] | None) -> Iterator[ColumnElement[bool]]:
    """The SQL conditions of a scope's parts, their bind parameters named ``s<position>_<field>``."""
    for position, part in enumerate(scope.parts() if scope else ()):

        def bind(field: str, type_: Any = None, *, position: int = position, **options: Any) -> BindParameter[Any]:
            return bindparam(f"s{position}_{field}", type_=type_, **options)

        condition = part.condition(bind)
        if condition is not None:
            yield condition


def parameters(scope: Scope[Any] | None, now: dt.datetime) -> dict[str, Any]:
    """The values for the bind parameters of `conditions`."""
    return {
        f"s{position}_{field}": value
        for position, part in enumerate(scope.parts() if scope else ())
        for field, value in part.values(now).items()
    }


def shape(scope: Scope[Any] | None) -> tuple[Any, ...]:
    """The key under which the statement of this combination is kept."""
    return tuple(part.shape() for part in scope.parts()) if scope else ()


def content(scope: Scope[Any] | None) -> tuple[Any, ...]:
    """What a cursor is bound to: the classes and values of a scope's parts, which their repr need not show."""
    return tuple(
        (type(part).__qualname__, *(getattr(part, each.name) for each in dataclasses.fields(cast("Any", part))))
        for part in (scope.parts() if scope else ())
    )


def check_order(scope: Scope[Any], lower: str, upper: str, *, half_open: bool = False) -> None:
    """Refuse a range that holds nothing because its sides are the wrong way round.

    Raises:
        ValidationFailed: Names the upper side.
    """
    low, high = getattr(scope, lower), getattr(scope, upper)
    if low is not None and high is not None and (high < low or (half_open and high == low)):
        raise ValidationFailed({upper: f"must lie behind {lower}" if half_open else f"must not lie before {lower}"})


def mentions(scope: Scope[Any] | None, kind: type[Scope[Any]]) -> bool:
    """Whether a scope of this class is among the parts."""
    return any(isinstance(part, kind) for part in (scope.parts() if scope else ()))
