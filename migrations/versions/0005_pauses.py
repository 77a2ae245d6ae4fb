"""Pauses: a campaign knows what it was before its pause, and goes on as that."""

from typing import Final

from alembic import op

revision: Final = "0005_pauses"
down_revision: Final = "0004_edits"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.execute("ALTER TABLE recovery_campaigns ADD COLUMN paused_from TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE recovery_campaigns DROP COLUMN paused_from")
