"""A page of messages, the list of conversations and the unread total are answered by their indexes on PostgreSQL, and cost the same in a
small system and in a large one (C16, D21, D22; incident small_conversation_in_huge_table_uses_index)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from telemed_store import Actor, BoundStore, Store
from telemed_store._sync._synchronization import open_engine
from telemed_store.database.engines import Role, engine_plan
from telemed_store.database.metadata import METADATA
from telemed_store.settings import load_settings
from telemed_store.testing import ProofSize

from .explaining import Sent, plans, rows_or_pages_read, seconds_taken, sent_to
from .messages_at_volume import LONG, LONG_CONVERSATION, STEADY_DOCTOR, conversations_for, grow

SMALL = 10_000
FACTOR = 1.3
PAGE = 50
LEVELS = 8
"""Pages by which the descents through the trees may be longer."""
TREES = 4
"""Trees in which each row's marks, sides or last message are looked up: each may grow a level."""
NOISE = 0.1
"""Milliseconds by which two measurements of one statement differ."""
RUNS = 101
BIG = 5_000
"""Rows from which on a table is not read from end to end; a smaller one fits into a few pages."""
PAGES, LIST, TOTAL = (
    "uq_messages_conversation_id_seq",
    "ix_conversation_participants_user_id_last_activity_at_id",
    "uq_user_counters_user_id",
)
ASKED: dict[str, tuple[str, Callable[[BoundStore], Any]]] = {
    "newest page": (PAGES, lambda mine: mine.messages.page(LONG_CONVERSATION)),
    "page below": (PAGES, lambda mine: mine.messages.page(LONG_CONVERSATION, before=LONG // 2)),
    "page above": (PAGES, lambda mine: mine.messages.page(LONG_CONVERSATION, after=LONG // 2)),
    "conversations": (LIST, lambda mine: mine.messages.conversations()),
    "next conversations": (
        LIST,
        lambda mine: mine.messages.conversations(20, mine.messages.conversations(20).next_cursor),
    ),
    "unread total": (TOTAL, lambda mine: mine.messages.unread_total()),
}


def statements_of(url: str, store: Store) -> Iterator[tuple[str, str, Sent]]:
    """Each question, its index, and the one statement that answers it."""
    mine = store.acting_as(Actor.user(STEADY_DOCTOR))
    for name, (index, ask) in ASKED.items():
        with sent_to(url) as sent:
            ask(mine)
        reads = [
            each for each in sent if each.text.lstrip().startswith("SELECT") and "data_access_logs" not in each.text
        ]
        yield name, index, reads[-1]


def big_tables(connection: Connection) -> set[str]:
    counts = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in METADATA.sorted_tables
    }
    return {name for name, count in counts.items() if count >= BIG}


def nodes(told: Any) -> Iterator[dict[str, Any]]:
    """The nodes of a plan and of all below."""
    for each in told:
        node = each.get("Plan", each)
        yield node
        yield from nodes(node.get("Plans", ()))


def sorts_the_list(sort: dict[str, Any], index: str) -> bool:
    """Whether what the index finds is sorted: all of it, not a page of it that a limit let through, nor the one row of a join."""
    inner = [node for node in sort["Plans"] if node["Node Type"] != "Limit"]
    return any(node.get("Index Name") == index or ("Plans" in node and sorts_the_list(node, index)) for node in inner)


def faults_of(connection: Connection, name: str, index: str, sent: Sent) -> Iterator[str]:
    big = big_tables(connection)
    for kind, plan in plans(connection, sent).items():
        if scanned := plan.scanned & big:
            yield f"{name}: the {kind} plan reads all of {', '.join(sorted(scanned))}\n{plan.told}"
        if any(sorts_the_list(node, index) for node in nodes(json.loads(plan.told)) if "Sort" in node["Node Type"]):
            yield f"{name}: the {kind} plan sorts\n{plan.told}"
        if index not in plan.indexes:
            yield f"{name}: the {kind} plan goes by {', '.join(sorted(plan.indexes))}, not by {index}"


@pytest.mark.telemed_engines("postgresql")
@pytest.mark.telemed_size(rows=(100_000, 1_000_000))
@pytest.mark.timeout(3600)
def test_small_conversation_in_huge_table_uses_index(
    telemed: Store,
    telemed_database_url: str,
    telemed_size: ProofSize,
    record_property: Callable[[str, object], None],
) -> None:
    engine = open_engine(engine_plan(telemed_database_url, load_settings(env="test"), Role.READ, "sync"))
    with engine.connect() as connection:
        few = conversations_for(SMALL)
        grow(connection, 0, few)
        before = measured(connection, telemed_database_url, telemed, telemed_size)
        grow(connection, few, conversations_for(telemed_size.rows))
        after = measured(connection, telemed_database_url, telemed, telemed_size)
        wrong = [
            fault
            for name, index, sent in statements_of(telemed_database_url, telemed)
            for fault in faults_of(connection, name, index, sent)
        ]
    engine.dispose()
    record_property("pages read and milliseconds, small and large", (before, after))
    wrong += [
        f"{name}: reads {before[name][0]} pages among few rows, {after[name][0]} among many"
        for name in ASKED
        if after[name][0] > FACTOR * before[name][0] + LEVELS + TREES * (PAGE + 1)
    ]
    wrong += [
        f"{name}: takes {before[name][1]:.2f} ms among few rows, {after[name][1]:.2f} ms among many"
        for name in ASKED
        if telemed_size.full and after[name][1] > FACTOR * before[name][1] + NOISE
    ]
    assert not wrong, "\n".join(wrong)


def measured(connection: Connection, url: str, store: Store, size: ProofSize) -> dict[str, tuple[int, float]]:
    """Pages that each question reads, and the median of its milliseconds."""
    runs = RUNS if size.full else 1
    return {
        name: (
            rows_or_pages_read(connection, sent),
            statistics.median(seconds_taken(connection, sent) for _ in range(runs)) * 1000,
        )
        for name, _, sent in statements_of(url, store)
    }
