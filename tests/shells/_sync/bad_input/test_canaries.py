# Generated from _async/bad_input/test_canaries.py by tools/sync.py. Do not edit.
"""No error, repr, log record or traceback holds what a caller said: a canary goes into every text of every verb."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterable
from typing import Any

import pytest
from bad_values import CANARIES, CANARY, Values
from public_verbs import Verb, verbs

from telemed_store import Actor, Store, StoreError, TransactionConflict, ValidationFailed, new_id

SYSTEM = Actor.system("tests")
SECRETS = frozenset(each.lower() for each in CANARIES if isinstance(each, str))

_QUOTED = {"users": "name", "service_locations": "name", "specializations": "name", "appointments": "notes"} | {
    "patients": "mother_name",
    "doctors": "biography",
    "consents": "description",
    "blocked_dates": "reason",
}
_QUOTING_FUNCTION = """
    CREATE FUNCTION telemed.quote_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING MESSAGE = NEW.{column}, DETAIL = NEW.{column}, HINT = NEW.{column}; END $$
"""
_QUOTING_TRIGGER = """
    CREATE TRIGGER quote_{table} BEFORE INSERT OR UPDATE ON telemed.{table}
    FOR EACH ROW EXECUTE FUNCTION telemed.quote_{table}()
"""
_QUOTING = {
    "postgresql": (_QUOTING_FUNCTION, _QUOTING_TRIGGER),
    "mysql": tuple(
        f"CREATE TRIGGER quote_{{table}}_{event} BEFORE {event} ON {{table}} FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = NEW.{column}"
        for event in ("INSERT", "UPDATE")
    ),
    # Before SQLite 3.47 a trigger's message is a constant: what may quote there is the driver alone.
    "sqlite": tuple(
        f"CREATE TRIGGER quote_{{table}}_{event} BEFORE {event} ON {{table}} BEGIN SELECT RAISE(ABORT, 'no'); END"
        for event in ("INSERT", "UPDATE")
    ),
}


def test_no_error_repr_or_log_holds_what_was_said(
    telemed: Store, values: Values, ledger: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """On calls that succeed, and on those that a rule, a person's rights or the database itself refuse."""
    caplog.set_level(logging.INFO, logger="sqlalchemy.engine")  # below that it shows the rows it fetches
    caplog.set_level(logging.DEBUG)  # last, for it is the handler's level too
    everything = verbs(telemed.acting_as(SYSTEM))
    leaks: list[str] = []
    for verb in everything:
        marked = _marked(values, verb)
        somebody = {name: new_id() for name in marked if name == "id" or name.endswith("_id")}
        calls = [
            (SYSTEM, marked),
            (SYSTEM, marked | somebody),
            (Actor.user(values.ids["user"], user_agent=CANARY), marked),
            (Actor.user(new_id(), emergency_reason=f"{CANARY} is unconscious"), marked),
        ]
        leaks += _leaks(verb, marked.values())
        for actor, arguments in calls:
            leaks += _leaks(verb, [_outcome(telemed, actor, verb, arguments), actor])
    ledger.script(
        *(
            statement.format(table=table, column=column)
            for table, column in _QUOTED.items()
            for statement in _QUOTING[ledger.family]
        )
    )
    failed = 0
    for verb in everything:
        outcome = _outcome(telemed, SYSTEM, verb, _marked(values, verb))
        failed += isinstance(outcome, StoreError) and outcome.cause is not None
        leaks += _leaks(verb, [outcome])
    leaks += [f"log of {record.name}" for record in caplog.records if _holds(_told(record))]
    assert sorted(set(leaks)) == []
    assert failed > 10, "the triggers refused too little to mean anything"


@pytest.mark.telemed_engines("sqlite")  # none is asked
def test_no_refusal_of_an_argument_holds_what_was_said(
    telemed: Store, values: Values, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mine = telemed.acting_as(SYSTEM)
    leaks: list[str] = []
    for verb in verbs(mine):
        marked = _marked(values, verb)
        for name, hint in verb.hints.items():
            for wrong in values.marked_wrongly(hint) if name != "cursor" else ():
                refused = _result(mine, verb, marked | {name: wrong})
                leaks += _leaks(verb, [refused]) if isinstance(refused, ValidationFailed) else [f"{verb}({name})"]
    leaks += [f"log of {record.name}" for record in caplog.records if _holds(_told(record))]
    assert sorted(set(leaks)) == []


def _marked(values: Values, verb: Verb) -> dict[str, Any]:
    """Arguments that name rows which exist, with a canary in every text."""
    right = {name: values.argument(verb, name, hint) for name, hint in verb.hints.items()}
    free = [name for name in right if name not in {"id", "ids", "cursor"} and not name.endswith("_id")]
    return right | {name: values.marked(verb.hints[name]) for name in free}


def _outcome(store: Store, actor: Actor, verb: Verb, arguments: dict[str, Any]) -> Any:
    """What a verb returns or raises in a unit of work; what it wrote is undone."""
    outcome: Any = None
    with contextlib.suppress(_Undo, TransactionConflict):
        with store.unit_of_work(actor) as uow:
            outcome = _result(uow, verb, arguments)
            raise _Undo
    return outcome


def _result(frame: Any, verb: Verb, arguments: dict[str, Any]) -> Any:
    try:
        return verb.of(frame)(**arguments)
    except Exception as failure:  # noqa: BLE001 - whatever it is must not leak
        return failure


class _Undo(Exception):
    pass


def _leaks(verb: Verb, shown: Iterable[Any]) -> list[str]:
    """What holds a canary: values by their repr, errors by everything that a log or a debugger's traceback shows."""
    found: list[str] = []
    for value in shown:
        if isinstance(value, str):  # a plain text shows itself, and is what was asked for
            continue
        texts = list(_texts_of(value)) if isinstance(value, BaseException) else [repr(value), str(value)]
        if _holds(texts):
            found.append(f"{verb}: {type(value).__name__}")
    return found


def _texts_of(failure: BaseException) -> Iterable[str]:
    yield from traceback.format_exception(failure)
    met: BaseException | None
    for met in (failure, failure.__cause__, failure.__context__):
        if met is not None:
            yield from (str(met), repr(met), repr(met.args), repr(vars(met)))


def _told(record: logging.LogRecord) -> list[str]:
    shown = [record.getMessage(), repr(record.args), repr(record.msg)]
    return shown + (list(_texts_of(record.exc_info[1])) if record.exc_info and record.exc_info[1] else [])


def _holds(texts: Iterable[str]) -> bool:
    return any(secret in text.lower() for text in texts for secret in SECRETS)
