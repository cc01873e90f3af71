"""The database under test as somebody sees it who has nothing to do with the store: each connection is opened for itself."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from telemed_store.database.engines import Role, engine_plan
from telemed_store.settings import load_settings


def outside_engine(url: str) -> Engine:
    """An engine whose sessions are set up as those of readers are, so that statements get the plans that they get there."""
    plan = engine_plan(url, load_settings(env="test"), Role.READ, "sync")
    return create_engine(
        plan.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=plan.options["connect_args"],
        execution_options=plan.execution_options,
    )
