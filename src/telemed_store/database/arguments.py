"""What callers hand to a verb is checked here and nowhere else, once per call and before any connection is taken.

A verb's operation says in its annotations what it takes. From them (`database.rules`) a signature is built on the operation's first
call and kept; it answers every argument of a wrong type, and every value that no engine can hold, with one `ValidationFailed` that names
the arguments and quotes none. What a rule of the domain forbids (a reversed interval, a stale version) stays the operation's to say.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Concatenate,
    Final,
    Generic,
    ParamSpec,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from telemed_store.database.rules import Called, Rule, Wrong, rule_of
from telemed_store.database.scoping import Scope
from telemed_store.errors import ValidationFailed

__all__ = ["OwnId", "Signature", "checked", "checked_argument", "signature_of"]

P = ParamSpec("P")
T = TypeVar("T")
ContextT = TypeVar("ContextT")

OwnId = Annotated[UUID, Called("id")]
"""The id of the row that a verb is about: callers know it as ``id``."""

# Whatever is no cursor of ours, a number too, is an `InvalidCursor`: database.paging.CursorCodec answers it.
_ANSWERED_ELSEWHERE: Final = frozenset({"cursor"})
_USED_UP: Final = "is a generator or iterator, which a repeated run finds used up: pass a list"


def checked(
    operation: Callable[Concatenate[Connection, ContextT, P], T], *args: P.args, **kwargs: P.kwargs
) -> Callable[[Connection, ContextT], T]:
    """The operation with its arguments, checked; what this returned before is returned as it is.

    Raises:
        ValidationFailed: Names every argument that is refused.
    """
    if isinstance(operation, _Checked):
        return cast("_Checked[T]", operation)
    if args or kwargs:
        return _Checked(operation, *signature_of(operation).check(args, kwargs))
    return _Checked(operation, (), {})


def checked_argument(name: str, hint: Any, value: Any) -> Any:
    """One argument of a function that is no operation, as that function is to have it.

    Raises:
        ValidationFailed: It is refused.
    """
    wrong: dict[str, str] = {}
    kept = _argument_of(name, hint).of(value, wrong)
    if wrong:
        raise ValidationFailed(wrong)
    return kept


class _Checked(Generic[T]):
    """An operation and its checked arguments."""

    __slots__ = ("_args", "_kwargs", "_operation")

    def __init__(self, operation: Callable[..., T], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._operation = operation
        self._args = args
        self._kwargs = kwargs

    def __call__(self, connection: Connection, context: Any) -> T:
        return self._operation(connection, context, *self._args, **self._kwargs)


@dataclass(frozen=True, slots=True)
class _Argument:
    """One argument of an operation.

    Attributes:
        name: As callers know it.
        rule: None: it is not checked, because our own shells alone set it.
        is_bare: What stands in it (the fields of an input, the values of a scope) is named without the argument's name before it.
    """

    name: str
    rule: Rule | None
    is_bare: bool = False

    def of(self, value: Any, wrong: dict[str, str]) -> Any:
        """The value as the operation is to have it; a refusal goes into ``wrong``, by what the caller has to correct."""
        if self.rule is not None:
            try:
                return self.rule(value)
            except Wrong as refusal:
                reasons = refusal.reasons
        elif not isinstance(value, Iterator):
            return value
        else:
            reasons = {}
        if isinstance(value, Iterator):
            reasons = {(): _USED_UP}
        for place, reason in reasons.items():
            wrong[".".join(map(str, place if place and self.is_bare else (self.name, *place)))] = reason
        return None


class Signature:
    """The arguments of an operation behind connection and context."""

    def __init__(self, positional: tuple[_Argument, ...], by_name: Mapping[str, _Argument]) -> None:
        self.positional = positional
        self.by_name = by_name

    def check(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """The arguments as the operation is to have them, or one error for all that are refused."""
        wrong: dict[str, str] = {}
        kept = [argument.of(value, wrong) for argument, value in zip(self.positional, args, strict=False)]
        kept += args[len(kept) :]
        named = {
            name: self.by_name[name].of(value, wrong) if name in self.by_name else value
            for name, value in kwargs.items()
        }
        if wrong:
            raise ValidationFailed(wrong)
        return kept, named


# Bounded: an operation may be a host's closure, which must not be kept for ever.
@lru_cache(maxsize=512)
def signature_of(operation: Callable[..., object]) -> Signature:
    """What an operation takes, by its annotations."""
    try:
        hints = get_type_hints(operation, include_extras=True)
    except NameError:  # a host's own operation, annotated by what is seen there alone
        hints = {}
    positional: list[_Argument] = []
    by_name: dict[str, _Argument] = {}
    for parameter in list(inspect.signature(operation).parameters.values())[2:]:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        argument = by_name[parameter.name] = _argument(parameter.name, hints.get(parameter.name))
        if parameter.kind is not parameter.KEYWORD_ONLY:
            positional.append(argument)
    return Signature(tuple(positional), by_name)


def _argument(name: str, hint: Any) -> _Argument:
    called = next((each.name for each in getattr(hint, "__metadata__", ()) if isinstance(each, Called)), name)
    rule = None if name in _ANSWERED_ELSEWHERE else rule_of(hint)
    return _Argument(called, rule, is_bare=_is_bare(hint))


_argument_of: Final = cache(_argument)


def _is_bare(hint: Any) -> bool:
    if get_origin(hint) in {Union, UnionType}:
        return any(map(_is_bare, get_args(hint)))
    return get_origin(hint) is Scope or (isinstance(hint, type) and issubclass(hint, BaseModel))
