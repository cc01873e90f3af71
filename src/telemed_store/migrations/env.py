"""Alembic's entry into our own history: everything is in `telemed_store.migrations.environment`."""

from telemed_store.migrations.environment import run

run()
