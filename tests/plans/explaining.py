"""What an engine says it will do for a statement, and how much it then reads: asked with the very statement that a verb sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine

from telemed_store.database.native import family
from telemed_store.testing.watching import Database, is_control, is_opening, listening


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement as the driver was given it."""

    text: str
    parameters: Any


@dataclass(slots=True)
class Plan:
    """How an engine finds the rows of a statement.

    Attributes:
        indexes: The indexes it goes by.
        scanned: Tables that it reads from end to end.
        sorts: Ways in which it puts rows in order other than by an index, and the tables whose rows they are where the engine says so.
        cost: What PostgreSQL thinks that it costs.
        told: What the engine said, for a failing test.
    """

    indexes: set[str] = field(default_factory=set[str])
    scanned: set[str] = field(default_factory=set[str])
    sorts: list[tuple[str, frozenset[str]]] = field(default_factory=list[tuple[str, frozenset[str]]])
    cost: float = 0.0
    told: str = ""


@contextmanager
def sent_to(url: str) -> Iterator[list[Sent]]:
    """The statements that any store sends to a database within the block."""
    database = Database(url)
    seen: list[Sent] = []

    def note(connection: Connection, _cursor: Any, text: str, parameters: Any, *_: Any) -> None:
        if database.has(connection.engine) and not is_control(text) and not is_opening(text):
            seen.append(Sent(text, parameters))

    with listening((Engine, "before_cursor_execute", note)):
        yield seen


def plans(connection: Connection, sent: Sent) -> dict[str, Plan]:
    """The plans of a statement, by name: PostgreSQL has one for these values, and one for any, which a prepared statement may get."""
    return _PLANS[family(connection.dialect)](connection, sent)


def rows_or_pages_read(connection: Connection, sent: Sent) -> int:
    """How much a statement reads: pages on PostgreSQL, rows and entries of indexes on MariaDB. Says nothing of time, and is exact."""
    return {"postgresql": _pages_read, "mysql": _rows_read}[family(connection.dialect)](connection, sent)


def seconds_taken(connection: Connection, sent: Sent) -> float:
    """How long an engine takes to answer a statement, the way there and back included."""
    begun = time.perf_counter()
    _run(connection, sent.text, sent.parameters)
    return time.perf_counter() - begun


def _run(connection: Connection, text: str, parameters: Any = None) -> list[Any]:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, parameters) if parameters is not None else cursor.execute(text)
        return list(cursor.fetchall())
    finally:
        cursor.close()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------------

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")


def _postgresql(connection: Connection, sent: Sent) -> dict[str, Plan]:
    custom = _run(connection, f"EXPLAIN (FORMAT JSON) {sent.text}", sent.parameters)
    names: dict[str, str] = {}
    text = _PLACEHOLDER.sub(lambda found: names.setdefault(found[1], f"${len(names) + 1}"), sent.text)
    with connection.connection.cursor() as cursor:
        # Unprepared: a statement that is prepared has to be given values, and this one has none on purpose.
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text.replace('%%', '%')}", prepare=False)
        generic = list(cursor.fetchall())
    for_these, for_any = _read_postgresql(custom), _read_postgresql(generic)
    # A prepared statement gets the plan for any values only if that is thought to cost no more than planning for these again.
    planning = 2.5 * (len(re.findall(r"\b(?:FROM|JOIN)\b", sent.text)) + 1)
    generic_may_be_taken = for_any.cost < for_these.cost + planning
    return {"custom": for_these} | ({"generic": for_any} if generic_may_be_taken else {})


def _read_postgresql(rows: list[Any]) -> Plan:
    told = rows[0][0]
    plan = Plan(cost=told[0]["Plan"]["Total Cost"], told=json.dumps(told, indent=1))
    for node in _objects(told):
        kind = node.get("Node Type", "")
        if "Index Name" in node:
            plan.indexes.add(node["Index Name"])
        if kind == "Seq Scan":
            plan.scanned.add(node["Relation Name"])
        # What stands below a limit is a page already: sorting it for a join costs the same in a table of any size.
        if kind in {"Sort", "Incremental Sort"} and (tables := frozenset(_tables_above_limits(node))):
            plan.sorts.append((f"{kind} by {', '.join(node['Sort Key'])}", tables))
    return plan


def _tables_above_limits(node: dict[str, Any]) -> Iterator[str]:
    if "Relation Name" in node:
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        if inner["Node Type"] != "Limit":
            yield from _tables_above_limits(inner)


def _pages_read(connection: Connection, sent: Sent) -> int:
    (told,) = _run(connection, f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sent.text}", sent.parameters)
    plan = told[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


# --- MariaDB ----------------------------------------------------------------------------------------------------------------

# In conditions ids stand byte by byte, in a way that is no JSON.
_CONDITION: Final = re.compile(r'"\w*condition": ".*?"(?=,?\n)', re.DOTALL)


def _mariadb(connection: Connection, sent: Sent) -> dict[str, Plan]:
    text = _run(connection, f"EXPLAIN FORMAT=JSON {sent.text}", sent.parameters)[0][0]
    told = json.loads(_CONDITION.sub('"condition": ""', text))
    plan = Plan(told=json.dumps(told, indent=1))
    for node in _objects(told):
        table, access = node.get("table_name"), node.get("access_type")
        plan.sorts += [(name, frozenset()) for name in ("filesort", "temporary_table") if name in node]
        if table is not None and access == "ALL":
            plan.scanned.add(table)
        if isinstance(key := node.get("key"), str):
            plan.indexes.add(key)
    return {"plan": plan}


def _rows_read(connection: Connection, sent: Sent) -> int:
    before = _handler_reads(connection)
    _run(connection, sent.text, sent.parameters)
    return _handler_reads(connection) - before


def _handler_reads(connection: Connection) -> int:
    return sum(int(value) for _, value in _run(connection, "SHOW SESSION STATUS LIKE 'Handler_read%'"))


# --- SQLite -----------------------------------------------------------------------------------------------------------------

_SCAN: Final = re.compile(r"SCAN (\w+)")
_INDEX: Final = re.compile(r"USING (?:COVERING )?INDEX (\w+)")


def _sqlite(connection: Connection, sent: Sent) -> dict[str, Plan]:
    lines = [row[3] for row in _run(connection, f"EXPLAIN QUERY PLAN {sent.text}", sent.parameters)]
    return {
        "plan": Plan(
            indexes={found[1] for line in lines if (found := _INDEX.search(line))},
            scanned={found[1] for line in lines if (found := _SCAN.match(line))},
            sorts=[(line, frozenset[str]()) for line in lines if "TEMP B-TREE" in line],
            told="\n".join(lines),
        )
    }


_PLANS: Final[dict[str, Callable[[Connection, Sent], dict[str, Plan]]]] = {
    "postgresql": _postgresql,
    "mysql": _mariadb,
    "sqlite": _sqlite,
}


def _objects(told: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, the outer ones first."""
    if isinstance(told, dict):
        yield told
        for inner in told.values():
            yield from _objects(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from _objects(inner)
