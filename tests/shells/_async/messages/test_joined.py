"""Messages in a host's REPEATABLE READ transaction, begun before others wrote: exact, or refused and nothing written (domain §7; D21, D23).

MariaDB's plain reads see an old snapshot there while its locks see the present; PostgreSQL refuses to lock what changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from telemed_store import Actor, AsyncStore, AsyncUnitOfWork, NewMessage
from telemed_store._async._synchronization import WORLD
from telemed_store.errors import IdempotencyConflict, StoreError, TransactionConflict
from telemed_store.messages.tables import conversation_marks, message_revisions, messages

from .pair import SYSTEM, Pair

pytestmark = pytest.mark.asyncio

Verb = Callable[[AsyncUnitOfWork], Awaitable[Any]]
Meanwhile = Callable[[], Awaitable[Any]]


class Host:
    """A host's engine at REPEATABLE READ, and its transaction in which a verb comes late."""

    def __init__(self, engine: AsyncEngine, store: AsyncStore) -> None:
        self.engine, self.store = engine, store

    async def late(self, actor: Actor, meanwhile: Meanwhile, verb: Verb) -> Any:
        """What the verb answers, or the error: the transaction has looked around before others write."""
        try:
            async with (
                self.engine.connect() as connection,
                self.store.join(connection, actor) as unit,
                connection.begin(),
            ):
                await connection.execute(select(func.count()).select_from(messages))
                await meanwhile()
                return await verb(unit)
        except StoreError as refused:
            return refused


@pytest.fixture
async def host(async_telemed: AsyncStore, ledger: Any, telemed_engine: str) -> AsyncIterator[Host]:
    level = "SERIALIZABLE" if telemed_engine == "sqlite" else "REPEATABLE READ"
    engine = create_async_engine(ledger.url_of(WORLD), isolation_level=level)
    yield Host(engine, async_telemed)
    await engine.dispose()


def to_patient(pair: Pair, key: str, body: str = "hello") -> NewMessage:
    return NewMessage(receiver_id=pair.patient_id, body=body, idempotency_key=key)


async def exact(pair: Pair) -> None:
    rows = await pair.rows(messages)
    assert sorted(row.seq for row in rows) == list(range(1, len(rows) + 1))
    found = await pair.store.acting_as(SYSTEM).messages.reconcile_counters()
    assert (found.participants_corrected, found.users_corrected) == (0, 0)


async def test_a_late_send_is_numbered_after_the_others(pair: Pair, host: Host, telemed_engine: str) -> None:
    await pair.says("doctor")

    answer = await host.late(
        Actor.user(pair.doctor_id), lambda: pair.says("patient"), lambda unit: unit.messages.send(to_patient(pair, "k"))
    )

    if telemed_engine == "postgresql":
        assert isinstance(answer, TransactionConflict)
    else:
        assert answer.seq == 3
    await exact(pair)


@pytest.mark.parametrize("body", ["hello", "other"])
async def test_a_late_send_with_a_used_key_writes_nothing(pair: Pair, host: Host, body: str) -> None:
    answer = await host.late(
        Actor.user(pair.doctor_id),
        lambda: pair.says("doctor", body, idempotency_key="k"),
        lambda unit: unit.messages.send(to_patient(pair, "k")),
    )

    (stored,) = await pair.rows(messages)
    if isinstance(answer, StoreError):
        assert isinstance(answer, TransactionConflict | IdempotencyConflict)
    else:
        assert (answer.id, body) == (stored.id, "hello")
    await exact(pair)


async def test_a_late_mark_counts_what_came_meanwhile(pair: Pair, host: Host, telemed_engine: str) -> None:
    async def meanwhile() -> None:
        for _ in range(3):
            await pair.says("doctor")

    await pair.says("doctor")
    answer = await host.late(
        Actor.user(pair.patient_id), meanwhile, lambda unit: unit.messages.mark_read(pair.conversation_id, 3)
    )

    if telemed_engine == "postgresql":
        assert isinstance(answer, TransactionConflict)
    else:
        assert answer == 3
        assert len(await pair.rows(conversation_marks)) == 2
    await exact(pair)


async def test_a_late_edit_numbers_its_revision_after_the_others(pair: Pair, host: Host, telemed_engine: str) -> None:
    sent = await pair.says("doctor", "first")

    answer = await host.late(
        Actor.user(pair.doctor_id),
        lambda: pair.doctor.messages.edit(sent.id, "second", 1),
        lambda unit: unit.messages.edit(sent.id, "third", 2),
    )

    if telemed_engine == "postgresql":
        assert isinstance(answer, TransactionConflict)
    else:
        assert (answer.body, answer.version) == ("third", 3)
        assert sorted(row.number for row in await pair.rows(message_revisions)) == [1, 2]
    await exact(pair)


async def test_counters_are_not_recomputed_from_an_old_snapshot(pair: Pair, host: Host, telemed_engine: str) -> None:
    """On MariaDB they would be set to what they were: refused there."""
    await pair.says("doctor")

    answer = await host.late(SYSTEM, lambda: pair.says("doctor"), lambda unit: unit.messages.reconcile_counters())

    assert isinstance(answer, StoreError) == (telemed_engine != "sqlite")
    await exact(pair)
