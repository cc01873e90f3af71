"""What PyMySQL and asyncmy tell: an error number, and a message in the server's language.

Names are read out of the message only where the number says that there is one, and only if they are ours: the rest of
a message may be a row's values. Every language of MariaDB's ``errmsg-utf8.txt`` puts the key last in message 1062,
and the column last in 1366.
"""

from __future__ import annotations

import re
from typing import Final

from telemed_store.database.translation.constraints import Key, Names
from telemed_store.database.translation.report import Kind, Report

__all__ = ["read"]

_NUMBERS: Final[dict[Kind, frozenset[int]]] = {
    Kind.DUPLICATE: frozenset({1022, 1062, 1557, 1586, 1761, 1762}),
    Kind.CHECK: frozenset({3819, 4025}),
    Kind.REFERENCE: frozenset({1216, 1452}),
    Kind.STILL_REFERENCED: frozenset({1217, 1451, 1701, 1834}),
    Kind.MISSING_VALUE: frozenset({1048, 1364}),
    Kind.BAD_VALUE: frozenset({1153, 1264, 1265, 1292, 1301, 1365, 1366, 1367, 1406, 1411, 1690, 3140}),
    Kind.RULE: frozenset({1644}),
    # 1020: the row changed since this snapshot read it. 1205: lock wait timeout. 1412: a table changed meanwhile.
    # 3101: group replication rolled the transaction back at COMMIT, where Galera says 1213.
    Kind.CONFLICT: frozenset({1020, 1205, 1213, 1412, 1479, 1613, 1614, 3058, 3101, 3572}),
    # 1317 is KILL QUERY, which time limits outside the server use.
    Kind.OVERTIME: frozenset({1317, 1969, 3024}),
    Kind.OFFLINE: frozenset(
        {0, 1040, 1047, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1180, 1203, 1226, 1927}
        | {2002, 2003, 2005, 2006, 2013, 2014, 2026, 2045, 2055, 4031}
    ),
    Kind.READ_ONLY: frozenset({1290, 1792, 1836}),
    Kind.FULL: frozenset({3, 1021, 1026, 1030, 1037, 1038, 1041, 1114, 1206, 1878}),
    Kind.SCHEMA: frozenset({1054, 1146, 1176, 1305, 1932}),
    Kind.REFUSED: frozenset({1044, 1045, 1049, 1130, 1142, 1143, 1227, 1251, 1370, 1410, 1698, 2059}),
}
_KINDS: Final = {number: kind for kind, numbers in _NUMBERS.items() for number in numbers}
_BROKEN: Final = frozenset({0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2045, 2055, 4031})
# A server that became read-only is left, for behind the same name there may be another one that takes writes by now.
_LOST: Final = _BROKEN | {1290, 1836}
# 1047: a Galera node left the cluster while it replicated. 1180: "got error during COMMIT".
_UNKNOWN: Final = _BROKEN | {1030, 1047, 1180}

_QUOTED: Final = re.compile(r"(?<=['`\"])[\w$.]+(?=['`\"])")
_TABLE: Final = re.compile(
    r"\s*(?:(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO|UPDATE|DELETE\s+FROM)\s+([\w$`.]+)", re.IGNORECASE
)


def read(error: BaseException, statement: str | None, names: Names) -> Report:
    """Read an error of PyMySQL or asyncmy."""
    number = error.args[0] if error.args else None
    if not isinstance(number, int):
        return _unnumbered(error)
    message = str(error.args[1]) if len(error.args) > 1 else ""
    state = getattr(error, "sqlstate", None) or ""
    kind = _KINDS.get(number) or (Kind.BAD_VALUE if state.startswith("22") else Kind.OTHER)
    code = str(number)
    quoted: list[str] = _QUOTED.findall(message)
    table = _table(statement)
    if kind is Kind.RULE:
        return Report(kind, code, message if message in names else None)
    if kind is Kind.DUPLICATE:
        return _from_key(kind, code, _duplicated(quoted, table, names))
    if kind in {Kind.CHECK, Kind.REFERENCE, Kind.STILL_REFERENCED}:
        # These messages hold identifiers only.
        found = next((name for name in quoted if name in names), None)
        return _from_key(kind, code, names.key(found) or (Key(found, "", ()) if found else None))
    if kind in {Kind.MISSING_VALUE, Kind.BAD_VALUE}:
        parts = (name.rpartition(".")[2] for name in reversed(quoted))
        column = next((part for part in parts if names.has_column(part, table)), None)
        return Report(kind, code, table=table, columns=(column,) if column else ())
    return Report(kind, code, lost=number in _LOST, uncertain=number in _UNKNOWN)


def _duplicated(quoted: list[str], table: str | None, names: Names) -> Key | None:
    """The key a duplicate violates: the last name quoted, for a value quoted before it may look like one."""
    if not quoted:
        return None
    # MySQL 8 writes table.key, MariaDB the key alone.
    told, _, name = quoted[-1].rpartition(".")
    if name == "PRIMARY":
        return names.primary_key(told or table)
    return names.key(name) or (Key(name, "", ()) if name in names else None)


def _from_key(kind: Kind, code: str, key: Key | None) -> Report:
    if key is None:
        return Report(kind, code)
    return Report(kind, code, key.name or None, key.table or None, key.columns)


def _table(statement: str | None) -> str | None:
    """The table a statement writes to: "PRIMARY" and a column's name do not say it."""
    match = _TABLE.match(statement or "")
    return match[1].replace("`", "").rpartition(".")[2] if match else None


def _unnumbered(error: BaseException) -> Report:
    """What the server says is numbered: without a number the connection is closed or its packets are out of order."""
    broken = type(error).__name__ in {"Error", "InterfaceError", "InternalError"}
    return Report(Kind.OFFLINE if broken else Kind.OTHER, lost=broken, uncertain=broken)
