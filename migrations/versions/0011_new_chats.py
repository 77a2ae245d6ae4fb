"""New chats: whether a bot's HTTP API may name people whom no update has shown."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0011_new_chats"
down_revision: Final = "0010_keys"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    lock("bots")
    op.execute("ALTER TABLE bots ADD COLUMN new_chats_by_api BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    lock("bots")
    op.execute("ALTER TABLE bots DROP COLUMN new_chats_by_api")
