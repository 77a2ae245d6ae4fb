"""Numbers: what Redis holds for all processes, and may lose."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0012_numbers"
down_revision: Final = "0011_new_chats"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE numbers (
            name TEXT NOT NULL,
            value BIGINT NOT NULL,
            changed_at BIGINT NOT NULL,
            CONSTRAINT pk_numbers PRIMARY KEY (name)
        )
    """)


def downgrade() -> None:
    lock("numbers")
    op.execute("DROP TABLE numbers")
