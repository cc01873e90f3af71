"""Rows from the database become models here, and nowhere else.

The values were validated when they were written and the database holds them to its constraints, so building a model from a row sets
its fields by position without validating again. `pydantic.BaseModel.model_construct` does the same five to eight times slower
(measured, design §3.4); a test proves that both ways give equal objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

__all__ = ["Hydrate", "hydrator"]

ModelT = TypeVar("ModelT", bound=BaseModel)
Hydrate = Callable[[Sequence[Any]], ModelT]

_set = object.__setattr__


def hydrator(model: type[ModelT], names: Iterable[str] | None = None) -> Hydrate[ModelT]:
    """A function that builds ``model`` from a row whose columns stand in the order of ``names``.

    Args:
        model: The model to build; it must have no private attributes and no extra fields.
        names: Field names in column order; by default the model's own order.
    """
    order = tuple(model.model_fields if names is None else names)
    if set(order) != set(model.model_fields):
        difference = sorted(set(order) ^ set(model.model_fields))
        raise TypeError(f"{model.__name__} and its columns differ: {', '.join(difference)}")
    fields_set = set(order)
    new = model.__new__

    def build(row: Sequence[Any]) -> ModelT:
        built = new(model)
        _set(built, "__dict__", dict(zip(order, row, strict=False)))
        _set(built, "__pydantic_fields_set__", fields_set)
        _set(built, "__pydantic_extra__", None)
        _set(built, "__pydantic_private__", None)
        return built

    return build
