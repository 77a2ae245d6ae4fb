"""Keys: each process says which keys it has, and each bot with which one its webhook was set last."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0010_keys"
down_revision: Final = "0009_api_keys"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    lock("bots")
    op.execute("ALTER TABLE bots ADD COLUMN webhook_key TEXT")
    op.execute("""
        CREATE TABLE key_holders (
            process TEXT NOT NULL,
            kind TEXT NOT NULL,
            keys TEXT NOT NULL,
            signs BOOLEAN NOT NULL,
            seen_at BIGINT NOT NULL,
            ended BOOLEAN NOT NULL,
            CONSTRAINT pk_key_holders PRIMARY KEY (process),
            CONSTRAINT ck_key_holders_kind CHECK (kind IN ('manager', 'receiver', 'poller'))
        )
    """)


def downgrade() -> None:
    lock("key_holders", "bots")
    op.execute("DROP TABLE key_holders")
    op.execute("ALTER TABLE bots DROP COLUMN webhook_key")
