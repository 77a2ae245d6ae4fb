"""Shadow: a campaign may watch without sending. The secret of a webhook is derived now, so none is stored."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0002_shadow"
down_revision: Final = "0001_first_light"
branch_labels: Final = None
depends_on: Final = None

_STATES: Final = "'draft', 'shadow', 'live', 'paused', 'finishing', 'stopped'"
_STATES_BEFORE: Final = "'draft', 'live', 'paused', 'finishing', 'stopped'"


def upgrade() -> None:
    lock("recovery_campaigns", "bots")
    _check_states(_STATES)
    op.execute("ALTER TABLE bots DROP COLUMN webhook_secret")


def downgrade() -> None:
    """A campaign in shadow is stopped: the older code does not know that state, and must not send by mistake."""
    lock("recovery_campaigns", "bots")
    op.execute("UPDATE recovery_campaigns SET state = 'stopped' WHERE state = 'shadow'")
    _check_states(_STATES_BEFORE)
    op.execute("ALTER TABLE bots ADD COLUMN webhook_secret TEXT")


def _check_states(states: str) -> None:
    op.execute("ALTER TABLE recovery_campaigns DROP CONSTRAINT ck_recovery_campaigns_state")
    op.execute(f"ALTER TABLE recovery_campaigns ADD CONSTRAINT ck_recovery_campaigns_state CHECK (state IN ({states}))")
