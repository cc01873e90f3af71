"""What transactions make stale in a cache that processes share."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from telemed_store.database import types
from telemed_store.migrations.revisions import drop_tables, schema

revision: Final = "0003_cache_invalidations"
down_revision: Final = "0002_messages"
branch_labels: Final = None
depends_on: Final = None

phase: Final = "expand"

# InnoDB has the transactions; nopad_bin compares text byte-wise, as the other engines do.
OPTIONS: Final = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"), ("collate", "utf8mb4_nopad_bin"))
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "cache_invalidations",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("key", sa.String(length=201), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cache_invalidations")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )
    op.create_index(
        "ix_cache_invalidations_created_at",
        "cache_invalidations",
        ["created_at"],
        unique=False,
        schema=schema(),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Undo."""
    drop_tables("cache_invalidations")
