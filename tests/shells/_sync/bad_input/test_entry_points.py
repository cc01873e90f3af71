# Generated from _async/bad_input/test_entry_points.py by tools/sync.py. Do not edit.
"""What is no verb: scopes, actors, opening, frames, observers and hooks, given nonsense."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from bad_values import Values
from edge_values import ANCHOR
from public_verbs import all_scopes, build, fields_of, filtered_by, verbs
from pydantic import ValidationError
from pydantic.dataclasses import is_pydantic_dataclass
from sqlalchemy import Connection

from telemed_store import Actor, ConsultationScheduled, SettingsError, Store, ValidationFailed, new_id
from telemed_store.audit.context import Context
from telemed_store.database.scoping import Scope
from telemed_store.scopes import Upcoming, WithStatus
from telemed_store.testing.statements import StatementCounter

SYSTEM = Actor.system("tests")
NONSENSE: list[Any] = [None, 5, "text", [], {}, object(), Actor, lambda: None]


@pytest.mark.telemed_engines("sqlite")  # none is asked
def test_every_wrong_value_of_every_scope_is_named_when_it_is_built_or_used(
    telemed: Store, values: Values, telemed_statements: StatementCounter
) -> None:
    mine = telemed.acting_as(SYSTEM)
    lists = {
        model: verb
        for verb in verbs(mine)
        for model in map(filtered_by, all_scopes())
        if verb.hints.get("scope") == Scope[model] | None  # type: ignore[valid-type]
    }
    missed: list[str] = []
    with telemed_statements() as seen:
        for scope in all_scopes():
            for name, hint in fields_of(scope).items():
                for wrong in values.wrong(hint):
                    said = dict(vars(values.scope(scope))) | {name: [wrong] if scope is WithStatus else wrong}
                    named: set[str] = set()
                    try:
                        lists[filtered_by(scope)].of(mine)(build(scope, said))
                    except ValidationFailed as refused:
                        named = {field.partition(".")[0] for field in refused.fields}
                    except ValidationError as refused:
                        named = {str(error["loc"][0]) for error in refused.errors()}
                    # What validates itself reads a number or a text of the right form, as inputs do.
                    if named != {name} and (named or not is_pydantic_dataclass(scope)):
                        missed.append(f"{scope.__name__}({name}={wrong!r}): {named}")
    assert missed == []
    assert seen.count < 40, "what is refused asks the database nothing"


def test_scopes_combine_with_scopes_alone() -> None:
    for wrong in NONSENSE:
        with pytest.raises(TypeError):
            Upcoming() & wrong


def test_an_actor_is_a_person_or_a_job_and_nothing_else(telemed: Store) -> None:
    for wrong in (None, 5, [], "a\x00", "\ud800", "", "x" * 101):
        with pytest.raises(ValidationError):
            Actor.user(wrong)  # type: ignore[arg-type]
        with pytest.raises(ValidationError):
            Actor.system(wrong)  # type: ignore[arg-type]
    smuggled = Actor.system("tests").model_copy(update={"name": None})
    frames: list[Callable[[Any], Any]] = [
        telemed.acting_as,
        telemed.unit_of_work,
        telemed.reader,
        telemed.snapshot,
    ]
    for frame in frames:
        for wrong in (*NONSENSE, smuggled):
            with pytest.raises(ValidationFailed) as refused:
                frame(wrong)
            assert set(refused.value.fields) == {"actor"}


@pytest.mark.telemed_engines("sqlite")
def test_a_store_opens_with_what_it_is_meant_to_alone() -> None:
    for argument in ("database_url", "settings", "clock", "engine", "keys"):
        for wrong in (5, [], object(), Actor):
            with pytest.raises(SettingsError) as refused:
                Store.open(**{argument: wrong})  # type: ignore[arg-type]
            assert refused.value.setting == f"the argument {argument}"
    for url in ("sqlite:///a\x00b", "\ud800", "nonsense", "postgresql://h:port/x"):
        with pytest.raises(SettingsError) as refused:
            Store.open(url)
        assert refused.value.setting == "TELEMED_STORE_DATABASE_URL"


def test_observers_hooks_functions_and_connections_are_checked_when_they_are_given(
    telemed: Store,
) -> None:
    mine = telemed.acting_as(SYSTEM)

    def refused(field: str, call: Callable[[], Any]) -> None:
        with pytest.raises(ValidationFailed) as refusal:
            assert not call(), "it must have been refused"
        assert set(refusal.value.fields) == {field}

    for wrong in (None, 5, "text", []):
        refused("function", lambda wrong=wrong: mine.run(wrong))
        refused("connection", lambda wrong=wrong: mine.join(wrong))
        refused("event", lambda wrong=wrong: telemed.on(wrong, print))
        refused("when", lambda wrong=wrong: telemed.on(ConsultationScheduled, print, when=wrong))
        refused("function", lambda wrong=wrong: telemed.on(ConsultationScheduled, wrong))
    with mine.unit_of_work() as uow:
        refused("function", lambda: uow.after_commit(None))  # type: ignore[arg-type]
        refused("function", lambda: uow.after_rollback("text"))  # type: ignore[arg-type]


def count(_connection: Connection, _context: Context, ids: Sequence[UUID]) -> int:
    """An operation that touches nothing."""
    return len(ids)


def test_each_frame_checks_a_verbs_arguments_once(telemed: Store) -> None:
    looked: list[int] = []

    class Watched(list[Any]):
        def __iter__(self) -> Any:
            looked.append(1)
            return super().__iter__()

    def looks_once(run: Callable[..., Any]) -> None:
        looked.clear()
        assert run(count, Watched([new_id()])) == 1
        assert len(looked) == 1

    mine = telemed.acting_as(SYSTEM)
    for run in (mine.write, mine.read, mine.read_consistent):
        looks_once(run)
    with mine.unit_of_work() as uow, mine.snapshot() as snapshot, mine.reader() as reader:
        for run in (uow.write, uow.read, uow.read_consistent, snapshot.read, snapshot.read_consistent, reader.read):
            looks_once(run)


@pytest.mark.telemed_engines("sqlite")
def test_a_copy_that_goes_round_validation_is_validated_by_the_verb(telemed: Store, values: Values) -> None:
    right = values.inputs.new_appointment(values.ids["doctor"], values.ids["patient"])
    schedule = telemed.acting_as(SYSTEM).appointments.schedule
    for changed in ({"starts_at": ANCHOR.replace(tzinfo=None)}, {"notes": "n" * 1001}, {"zone": "Mars/Olympus"}):
        with pytest.raises(ValidationFailed) as refused:
            schedule(right.model_copy(update=changed))
        assert set(refused.value.fields) == set(changed)
    # What lies between fields is nobody's field.
    with pytest.raises(ValidationFailed) as refused:
        schedule(right.model_copy(update={"ends_at": right.starts_at}))
    assert set(refused.value.fields) == {"new"}
