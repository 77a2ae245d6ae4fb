"""Waits: a delivery knows what pauses did to its wait, and the version whose hours its person keeps."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0007_waits"
down_revision: Final = "0006_doubt"
branch_labels: Final = None
depends_on: Final = None

_COLUMNS: Final = {"stood_ms": "BIGINT", "resumed_at": "BIGINT", "kept_version": "INTEGER"}


def upgrade() -> None:
    lock("recovery_deliveries")
    for name, kind in _COLUMNS.items():
        op.execute(f"ALTER TABLE recovery_deliveries ADD COLUMN {name} {kind} NOT NULL DEFAULT 0")


def downgrade() -> None:
    lock("recovery_deliveries")
    for name in _COLUMNS:
        op.execute(f"ALTER TABLE recovery_deliveries DROP COLUMN {name}")
