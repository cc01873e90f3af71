"""From the annotation of an argument to the rule that its values pass, before an operation sees them.

Some values are brought into the one form that operations know: instants into UTC, the text of a closed list into its member, a sequence
into a tuple. Inputs are validated anew, because ``model_copy(update=...)`` goes round the validation of a frozen model. No reason quotes
a value.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.dataclasses import is_pydantic_dataclass

from telemed_store.database.scoping import Scope

__all__ = ["Called", "Rule", "Wrong", "rule_of"]

Rule = Callable[[Any], Any]
"""Returns a value as the operation is to have it, or raises `Wrong`."""

_LARGEST: Final = 2**63 - 1
_LONGEST_TEXT: Final = 100_000
"""Characters: more than any column holds or any search needs, and less than what an engine refuses to be sent."""
_MOST_FILTERS: Final = 20
"""Filters that one scope combines: the statement of each combination is kept, and engines bound how long it is."""

_Place = tuple[str | int, ...]


class Wrong(Exception):
    """A value is refused.

    Attributes:
        reasons: Where in the value, to why; the empty place is the value itself.
    """

    def __init__(self, reasons: str | Mapping[_Place, str]) -> None:
        self.reasons: Mapping[_Place, str] = {(): reasons} if isinstance(reasons, str) else reasons


@dataclasses.dataclass(frozen=True, slots=True)
class Called:
    """In an annotation: what callers know an argument by, where that word would hide one of Python's own in the operation."""

    name: str


def rule_of(hint: Any) -> Rule | None:
    """The rule of an annotation; None if there is none, as for the wiring that our own shells pass."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin = get_origin(hint)
    if origin in _GENERIC:
        return _GENERIC[origin](hint)
    if not isinstance(hint, type):
        return None
    if issubclass(hint, Enum):
        return _member(hint)
    if issubclass(hint, BaseModel):
        return _model(hint)
    return None


def _annotated(hint: Any) -> Rule | None:
    """The rule of the bare type, then what pydantic's annotations add to it: a length, bounds."""
    rule = rule_of(hint.__origin__)
    if rule is None or all(isinstance(each, Called) for each in hint.__metadata__):
        return rule
    validate = TypeAdapter(hint).validator.validate_python

    def bounded(value: Any) -> Any:
        bare = rule(value)
        try:
            return validate(bare, strict=True)
        except ValidationError as failure:
            reason = _reason(_errors(failure)[0])
        raise Wrong(reason)

    return bounded


def _optional(hint: Any) -> Rule | None:
    others = [member for member in get_args(hint) if member is not types.NoneType]
    rule = rule_of(others[0]) if len(others) == 1 else None
    return None if rule is None else lambda value: None if value is None else rule(value)


def _sequence(hint: Any) -> Rule | None:
    rule = rule_of(get_args(hint)[0])
    if rule is None:
        return None

    def sequence(value: Any) -> Any:
        items: Any = value
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray | memoryview):
            raise Wrong("must be a list or a tuple")
        kept: list[Any] = []
        wrong: dict[_Place, str] = {}
        for place, item in enumerate(items):
            try:
                kept.append(rule(item))
            except Wrong as refusal:
                wrong |= {(place, *inner): reason for inner, reason in refusal.reasons.items()}
        if wrong:
            raise Wrong(wrong)
        return tuple(kept)

    return sequence


def _member(members: type[Enum]) -> Rule:
    by_value = {member.value: member for member in members}
    reason = f"must be one of {', '.join(map(str, by_value))}"

    def member(value: Any) -> Any:
        if isinstance(value, members):
            return value
        found = by_value.get(value) if isinstance(value, str) else None
        if found is None:
            raise Wrong(reason)
        return found

    return member


def _model(model: type[BaseModel]) -> Rule:
    reason = f"must be of class {model.__name__}"

    def whole(value: Any) -> Any:
        if not isinstance(value, model):
            raise Wrong(reason)
        try:
            return model.__pydantic_validator__.validate_python(value)
        except ValidationError as failure:
            wrong: dict[_Place, str] = {}
            for error in _errors(failure):
                # Behind the field's name a place tells which member of a union was tried.
                wrong.setdefault(error["loc"][:1], _reason(error))
        except AttributeError:  # it was made without its validation and lacks what every model has
            wrong = {(): reason}
        raise Wrong(wrong)

    return whole


def _errors(failure: ValidationError) -> list[Any]:
    return cast("list[Any]", failure.errors(include_input=False, include_context=False, include_url=False))


def _reason(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _scope(hint: Any) -> Rule:
    (model,) = get_args(hint)
    reason = f"must be a scope of {getattr(model, '__name__', model)}"

    def scope(value: Any) -> Any:
        combined: Any = value
        if not isinstance(value, Scope):
            raise Wrong(reason)
        parts = combined.parts()
        if len(parts) > _MOST_FILTERS:
            raise Wrong(f"must combine at most {_MOST_FILTERS} filters")
        wrong: dict[_Place, str] = {}
        for part in parts:
            kind = part.__class__
            filtered, fields = _description_of(kind)
            if filtered is not model:
                raise Wrong(f"{reason}, which {kind.__name__} is not")
            for field, rule in fields:
                try:
                    rule(getattr(part, field))
                except Wrong as refusal:
                    wrong |= {(field, *inner): why for inner, why in refusal.reasons.items()}
        if wrong:
            raise Wrong(wrong)
        return combined

    return scope


@cache
def _description_of(scope: Any) -> tuple[Any, tuple[tuple[str, Rule], ...]]:
    """What a class of scopes filters, and those of its values that nobody has checked yet.

    The first is said where the class derives from ``Scope[...]``; pydantic's dataclasses have validated themselves.
    """
    bases = (base for kind in scope.__mro__ for base in getattr(kind, "__orig_bases__", ()))
    filtered = next((get_args(base)[0] for base in bases if get_origin(base) is Scope), None)
    if is_pydantic_dataclass(scope) or not dataclasses.is_dataclass(scope):
        return filtered, ()
    hints = get_type_hints(scope, include_extras=True)
    rules = ((field.name, rule_of(hints[field.name])) for field in dataclasses.fields(scope))
    return filtered, tuple((name, rule) for name, rule in rules if rule is not None)


def _id(value: Any) -> UUID:
    if not isinstance(value, UUID):
        raise Wrong("must be a UUID")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("must be a text")
    if len(value) > _LONGEST_TEXT:
        raise Wrong(f"must be at most {_LONGEST_TEXT} characters long")
    if "\x00" in value:
        raise Wrong("must not hold NUL characters")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise Wrong("must not hold lone surrogates")
    return value


def _whole_number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong("must be a whole number")
    if not -_LARGEST <= value <= _LARGEST:
        raise Wrong("must fit into 64 bits")
    return value


def _amount(value: Any) -> Decimal:
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise Wrong("must be a Decimal")
    amount = Decimal(value)
    if not amount.is_finite():
        raise Wrong("must be a finite number")
    return amount


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be True or False")
    return value


def _instant(value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime) or value.utcoffset() is None:
        raise Wrong("must be a datetime with a time zone")
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        pass
    raise Wrong("must lie within the years 1 to 9999 in UTC")


def _date(value: Any) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise Wrong("must be a date, without a time")
    return value


def _length(value: Any) -> dt.timedelta:
    if not isinstance(value, dt.timedelta):
        raise Wrong("must be a timedelta")
    return value


_SIMPLE: Final[Mapping[type, Rule]] = {
    UUID: _id,
    str: _text,
    int: _whole_number,
    bool: _truth,
    Decimal: _amount,
    dt.datetime: _instant,
    dt.date: _date,
    dt.timedelta: _length,
}
_GENERIC: Final[Mapping[Any, Callable[[Any], Rule | None]]] = {
    Annotated: _annotated,
    Union: _optional,
    types.UnionType: _optional,
    Sequence: _sequence,
    tuple: _sequence,
    Scope: _scope,
}
