"""Pauses: a campaign knows its state before the pause, and goes back to it."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0005_pauses"
down_revision: Final = "0004_edits"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    lock("recovery_campaigns")
    op.execute("ALTER TABLE recovery_campaigns ADD COLUMN paused_from TEXT")
    op.execute(
        "ALTER TABLE recovery_campaigns ADD CONSTRAINT ck_recovery_campaigns_paused_from"
        " CHECK (paused_from IN ('live', 'finishing'))"
    )


def downgrade() -> None:
    lock("recovery_campaigns")
    op.execute("ALTER TABLE recovery_campaigns DROP COLUMN paused_from")
