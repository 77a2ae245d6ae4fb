"""API keys: what each may do, when it ends, who made it, when it was last used, and how it begins."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0009_api_keys"
down_revision: Final = "0008_file_kinds"
branch_labels: Final = None
depends_on: Final = None

_UP: Final = (
    "ALTER TABLE api_keys ADD COLUMN hint TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE api_keys ADD COLUMN scopes TEXT[] DEFAULT '{activity,payments,read}' NOT NULL",
    "ALTER TABLE api_keys ADD COLUMN created_by TEXT",
    "ALTER TABLE api_keys ADD COLUMN expires_at BIGINT",
    "ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT",
    """
UPDATE api_keys k SET created_by = a.actor FROM audit_log a
WHERE a.bot_id = k.bot_id AND a.action = 'api_key.add' AND a.after ->> 'id' = k.id::text
""",
)
_COLUMNS: Final = ("last_used_at", "expires_at", "created_by", "scopes", "hint")


def upgrade() -> None:
    lock("api_keys")
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    lock("api_keys")
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE api_keys DROP COLUMN {column}")
