"""Doubt: a bot knows up to when another program may have taken its updates."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0006_doubt"
down_revision: Final = "0005_pauses"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    lock("bots")
    op.execute("ALTER TABLE bots ADD COLUMN doubted_until BIGINT")
    op.execute("ALTER TABLE bots ADD COLUMN held_until BIGINT")
    op.execute("ALTER TABLE bots ADD COLUMN contested BOOLEAN NOT NULL DEFAULT false")


def downgrade() -> None:
    lock("bots")
    op.execute("ALTER TABLE bots DROP COLUMN contested")
    op.execute("ALTER TABLE bots DROP COLUMN held_until")
    op.execute("ALTER TABLE bots DROP COLUMN doubted_until")
