"""File kinds: a bot's file id goes with the kind that Telegram took the file for; none means that of the asset."""

from typing import Final

from alembic import op

revision: Final = "0008_file_kinds"
down_revision: Final = "0007_waits"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.execute("ALTER TABLE media_files ADD COLUMN taken_as TEXT")


def downgrade() -> None:
    op.execute("ALTER TABLE media_files DROP COLUMN taken_as")
