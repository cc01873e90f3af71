"""Statements that every visitor of a chat sends are short enough for psycopg to keep them parsed.

It parses one of more than 4,096 characters or 50 parameters anew for each execution, which takes as long as half the read.
"""

from __future__ import annotations

import pytest
from sqlalchemy import CompoundSelect, Select
from sqlalchemy.dialects.postgresql.psycopg import dialect

from telemed_store.messages import statements as sql

LONGEST = 4096
READS = {
    "page": sql.PAGE,
    "message": sql.MESSAGE,
    "conversations": sql.CONVERSATIONS,
    "undelivered": sql.UNDELIVERED,
}


@pytest.mark.parametrize("name", READS)
def test_psycopg_keeps_a_hot_read_parsed(name: str) -> None:
    statement: Select[*tuple[object, ...]] | CompoundSelect[*tuple[object, ...]]
    for statement in READS[name].values():
        assert len(str(statement.compile(dialect=dialect()))) < LONGEST
