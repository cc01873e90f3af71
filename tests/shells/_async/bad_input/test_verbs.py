"""Bad input, over every verb and every scope there is: a typed error that names the argument, and nothing written.

Verbs and scopes are found by introspection: a new one is covered without being listed.
"""

from __future__ import annotations

import contextlib
from typing import Any, get_args, get_origin

import pytest
from bad_values import Values
from public_verbs import Verb, all_scopes, fields_of, filtered_by, verbs
from pydantic import BaseModel

from telemed_store import (
    Actor,
    AsyncStore,
    StoreError,
    TransactionConflict,
    Unavailable,
    ValidationFailed,
    new_id,
)
from telemed_store.database.scoping import Scope
from telemed_store.testing.statements import StatementCounter

from .stored import digest

pytestmark = pytest.mark.asyncio

SYSTEM = Actor.system("tests")


@pytest.mark.telemed_engines("sqlite")  # none is asked
async def test_every_argument_of_a_wrong_type_is_named_before_anything_is_asked_of_the_database(
    async_telemed: AsyncStore, values: Values, telemed_statements: StatementCounter
) -> None:
    mine = async_telemed.acting_as(SYSTEM)
    missed: list[str] = []
    with telemed_statements() as seen:
        for verb in verbs(mine):
            for name, hint in verb.hints.items():
                for wrong in values.wrong(hint) if name != "cursor" else ():
                    right = {other: values.right(theirs) for other, theirs in verb.hints.items() if other != name}
                    verdict = await _verdict(mine, verb, right | {name: wrong})
                    if not (isinstance(verdict, ValidationFailed) and _names(verdict, name, hint)):
                        missed.append(f"{verb}({name}={type(wrong).__name__}): {verdict!r}")
    assert missed == []
    assert seen.texts == ()


async def _verdict(frame: Any, verb: Verb, arguments: dict[str, Any]) -> BaseException | None:
    try:
        await verb.of(frame)(**arguments)
    except Exception as failure:  # noqa: BLE001 - which it is is the question
        return failure
    return None


def _names(refused: ValidationFailed, name: str, hint: Any) -> bool:
    """Whether exactly this argument is named, or fields of the input or the scope that it is."""
    return {field.partition(".")[0] for field in refused.fields} <= {name, "no such field", *_inner(hint)}


def _inner(hint: Any) -> set[str]:
    """The fields of an input, or the values of the scopes that an argument may be."""
    kinds = [hint, *get_args(hint)]
    inputs = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    models = [get_args(kind)[0] for kind in kinds if get_origin(kind) is Scope]
    fields = {field for kind in inputs for field in kind.model_fields}
    return fields | {name for each in all_scopes() if filtered_by(each) in models for name in fields_of(each)}


@pytest.mark.telemed_size(calls=(60, 3000))
async def test_whatever_a_verb_is_told_it_answers_by_an_error_of_ours_and_a_refused_one_writes_nothing(
    async_telemed: AsyncStore, values: Values, telemed_size: Any
) -> None:
    """Values of the right type at and over every edge, ids of others, actors of all kinds, each kind of frame."""
    actors = [SYSTEM, Actor.user(values.ids["user"]), Actor.user(new_id())]
    mine = async_telemed.acting_as(SYSTEM)
    before = await digest(mine)
    everything = verbs(mine)
    wrong: list[str] = []
    for _ in range(telemed_size.calls):
        verb, actor = values.chance.choice(everything), values.chance.choice(actors)
        arguments = values.arguments(verb, odd=values.chance.choice([0.0, 0.2, 0.5]))
        verdict = await _undone(async_telemed, actor, verb, arguments)
        if verdict is not None and not _is_an_answer(verdict, verb):
            wrong.append(f"{verb}({', '.join(arguments)}): {verdict!r}")
        if await digest(mine) != before:
            wrong.append(f"{verb}({', '.join(arguments)}) wrote something and was refused by {verdict!r}")
            before = await digest(mine)
    assert wrong == []


async def _undone(store: AsyncStore, actor: Actor, verb: Verb, arguments: dict[str, Any]) -> BaseException | None:
    """The verdict on a call; what it wrote is undone, unless it was refused, which must leave nothing to commit."""
    verdict = None
    with contextlib.suppress(_Undo, TransactionConflict):
        async with store.unit_of_work(actor) as uow:
            verdict = await _verdict(uow, verb, arguments)
            if verdict is None:
                raise _Undo
    return verdict


class _Undo(Exception):
    pass


def _is_an_answer(verdict: BaseException, verb: Verb) -> bool:
    """Whether an error is one that says what to do: of a class of ours, and no driver's surprise."""
    if isinstance(verdict, ValidationFailed):
        # Who acts is no argument of the verb.
        known = {"actor", *verb.hints}.union(*map(_inner, verb.hints.values()))
        return {field.partition(".")[0] for field in verdict.fields} <= known
    return isinstance(verdict, StoreError) and type(verdict) is not StoreError and not isinstance(verdict, Unavailable)
