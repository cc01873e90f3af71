"""Inputs are built from anything: what they refuse, they refuse by pydantic's `ValidationError`, and what they accept stays accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

import telemed_store
from telemed_store import Actor
from telemed_store.database.models import Input

CANARY = "Canary7"
INPUTS = sorted(
    (
        each
        # By name: a name that nobody has asked for is not imported yet.
        for each in (getattr(telemed_store, name) for name in telemed_store.__all__)
        if isinstance(each, type) and issubclass(each, Input | Actor)
    ),
    key=lambda each: each.__name__,
)

_SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.binary(),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.timedeltas(),
    st.sampled_from([CANARY, f"{CANARY}\x00", "\ud800", f"{CANARY}@example.org", "x" * 30_000, 10**400, object()]),
)
ANYTHING = st.recursive(
    _SIMPLE, lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(), deeper, max_size=3), max_leaves=6
)


@pytest.mark.telemed_size(examples=(30, 200))
@pytest.mark.parametrize("model", INPUTS, ids=lambda each: each.__name__)
def test_an_input_is_valid_or_a_validation_error_that_quotes_nothing(model: type[BaseModel], telemed_size: Any) -> None:
    @settings(
        max_examples=telemed_size.examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(model.model_fields, ANYTHING)))
    @example(dict.fromkeys(model.model_fields, CANARY))
    @example({name: [[[[[CANARY]]]]] for name in model.model_fields})
    def build(fields: dict[str, Any]) -> None:
        try:
            built = model(**fields)
        except ValidationError as failure:
            shown = str(failure) + repr(failure)
        else:
            shown = repr(built)
            assert model.__pydantic_validator__.validate_python(built) == built
        assert CANARY not in shown

    build()
