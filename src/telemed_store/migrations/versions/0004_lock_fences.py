"""The highest fence of each lock."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from telemed_store.migrations.revisions import drop_tables, schema

revision: Final = "0004_lock_fences"
down_revision: Final = "0003_cache_invalidations"
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
        "lock_fences",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lock_fences")),
        schema=schema(),
        if_not_exists=True,
        **OPTIONS,
    )


def downgrade() -> None:
    """Undo."""
    drop_tables("lock_fences")
