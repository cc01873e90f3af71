"""The files beside this one speak of every public verb, scope and error: one that is added and not asserted fails here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from telemed_store import (
    AsyncBoundStore,
    AsyncCounters,
    AsyncLocks,
    AsyncPresence,
    AsyncQueues,
    AsyncRateLimits,
    AsyncSessions,
    AsyncStore,
    AsyncUnitOfWork,
    errors,
    scopes,
)
from telemed_store._async.appointments import AsyncAppointments
from telemed_store._async.availability import AsyncAvailability
from telemed_store._async.consents import AsyncConsents
from telemed_store._async.events import AsyncEvents
from telemed_store._async.joining import AsyncJoinedUnitOfWork
from telemed_store._async.migrator import AsyncMigrator
from telemed_store._async.people import AsyncPeople

HERE = Path(__file__).parent
RUNS_OPERATIONS = {"read", "read_cached", "read_consistent", "write"}  # what repositories call on their frame


def _mentioned(file: str) -> set[str]:
    """Attributes and names that a file uses."""
    tree = ast.parse((HERE / file).read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize(
    ("file", "cls"),
    [
        ("_async/people.py", AsyncPeople),
        ("_async/availability.py", AsyncAvailability),
        ("_async/appointments.py", AsyncAppointments),
        ("_async/consents_and_events.py", AsyncConsents),
        ("_async/consents_and_events.py", AsyncEvents),
        ("_async/locks_and_queues.py", AsyncLocks),
        ("_async/locks_and_queues.py", AsyncQueues),
        ("_async/short_lived.py", AsyncSessions),
        ("_async/short_lived.py", AsyncCounters),
        ("_async/short_lived.py", AsyncRateLimits),
        ("_async/short_lived.py", AsyncPresence),
        ("_async/frames.py", AsyncStore),
        ("_async/frames.py", AsyncBoundStore),
        ("_async/frames.py", AsyncUnitOfWork),
        ("_async/frames.py", AsyncJoinedUnitOfWork),
        ("_async/frames.py", AsyncMigrator),
    ],
)
def test_the_type_of_every_verb_is_asserted(file: str, cls: type) -> None:
    verbs = {name for name in dir(cls) if not name.startswith("_")} - RUNS_OPERATIONS
    assert verbs - _mentioned(file) == set()


@pytest.mark.parametrize(
    ("file", "names"), [("scopes.py", scopes.__all__), ("errors.py", errors.__all__)], ids=["scopes", "errors"]
)
def test_the_type_of_every_scope_and_error_is_asserted(file: str, names: list[str]) -> None:
    assert set(names) - _mentioned(file) == set()
