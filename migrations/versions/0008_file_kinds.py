"""File kinds: a bot's file id goes with the kind that Telegram took the file for; none means that of the asset."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0008_file_kinds"
down_revision: Final = "0007_waits"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    lock("media_files")
    op.execute("ALTER TABLE media_files ADD COLUMN taken_as TEXT")


def downgrade() -> None:
    lock("media_files")
    op.execute("ALTER TABLE media_files DROP COLUMN taken_as")
