"""The sender: every kind of message, what happens to it later, taps on links, and API keys with names."""

from typing import Final

from alembic import op

from storage.postgres.migrations import lock

revision: Final = "0003_sender"
down_revision: Final = "0002_shadow"
branch_labels: Final = None
depends_on: Final = None

_TABLES: Final = (
    *("bots", "api_keys", "incidents", "media_files", "media"),
    *("recovery_blocks", "recovery_deliveries"),
)
_UP: Final = (
    "ALTER TABLE bots ADD COLUMN paid_broadcast BOOLEAN DEFAULT false NOT NULL",
    "ALTER TABLE api_keys ADD COLUMN name TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE incidents ADD COLUMN subject TEXT DEFAULT '' NOT NULL",
    "DROP INDEX ix_incidents_open",
    """
CREATE UNIQUE INDEX ix_incidents_open ON incidents (coalesce(bot_id, 0), kind, subject) WHERE closed_at IS NULL
""",
    "DROP TABLE media_files",
    "DROP TABLE media",
    """
CREATE TABLE media (
    sha256 BYTEA NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    mime TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_media PRIMARY KEY (sha256, kind)
)
""",
    """
CREATE TABLE media_files (
    bot_id BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    kind TEXT NOT NULL,
    file_id TEXT NOT NULL,
    CONSTRAINT pk_media_files PRIMARY KEY (bot_id, sha256, kind),
    CONSTRAINT fk_media_files_media FOREIGN KEY(sha256, kind) REFERENCES media (sha256, kind)
)
""",
    """
CREATE TABLE recovery_clicks (
    bot_id BIGINT NOT NULL,
    chat_id BIGINT NOT NULL,
    episode_id BIGINT NOT NULL,
    step_key TEXT NOT NULL,
    block_key TEXT NOT NULL,
    button TEXT NOT NULL,
    clicked_at BIGINT NOT NULL,
    CONSTRAINT pk_recovery_clicks PRIMARY KEY (bot_id, chat_id, episode_id, step_key, block_key, button)
)
""",
    "ALTER TABLE recovery_blocks ADD COLUMN document JSONB",
    """
UPDATE recovery_blocks SET document = jsonb_build_object('key', key, 'delay_ms', delay_ms, 'active', active,
    'content', jsonb_build_object('type', 'text', 'text', replace(replace(content ->> 'text', '{', '{{'), '}', '}}')))
""",
    "ALTER TABLE recovery_blocks ALTER COLUMN document SET NOT NULL",
    *(f"ALTER TABLE recovery_blocks DROP COLUMN {column}" for column in ("kind", "content", "delay_ms", "active")),
    "ALTER TABLE recovery_deliveries ADD COLUMN on_return TEXT",
    "ALTER TABLE recovery_deliveries ADD COLUMN on_payment TEXT",
    "ALTER TABLE recovery_deliveries ADD COLUMN edit_at BIGINT",
    "ALTER TABLE recovery_deliveries ADD COLUMN edit_for TEXT",
    "ALTER TABLE recovery_deliveries ADD COLUMN edited_at BIGINT",
    "ALTER TABLE recovery_deliveries ADD COLUMN delete_refusal TEXT",
    "ALTER TABLE recovery_deliveries ADD COLUMN edit_refusal TEXT",
    """
CREATE INDEX ix_recovery_deliveries_delete ON recovery_deliveries (bot_id, delete_at)
    WHERE delete_at IS NOT NULL AND deleted_at IS NULL AND delete_refusal IS NULL
""",
    """
CREATE INDEX ix_recovery_deliveries_edit ON recovery_deliveries (bot_id, edit_at)
    WHERE edit_at IS NOT NULL AND edited_at IS NULL AND edit_refusal IS NULL
""",
)

_DOWN: Final = (
    "DROP INDEX ix_recovery_deliveries_edit",
    "DROP INDEX ix_recovery_deliveries_delete",
    *(
        f"ALTER TABLE recovery_deliveries DROP COLUMN {column}"
        for column in ("edit_refusal", "delete_refusal", "edited_at", "edit_for", "edit_at", "on_payment", "on_return")
    ),
    "DELETE FROM recovery_blocks WHERE document #>> '{content,type}' <> 'text'",
    "ALTER TABLE recovery_blocks ADD COLUMN kind TEXT DEFAULT 'text' NOT NULL",
    "ALTER TABLE recovery_blocks ALTER COLUMN kind DROP DEFAULT",
    "ALTER TABLE recovery_blocks ADD COLUMN content JSONB",
    "ALTER TABLE recovery_blocks ADD COLUMN delay_ms BIGINT DEFAULT 0 NOT NULL",
    "ALTER TABLE recovery_blocks ADD COLUMN active BOOLEAN DEFAULT true NOT NULL",
    """
UPDATE recovery_blocks
SET content = jsonb_build_object('text', replace(replace(document #>> '{content,text}', '{{', '{'), '}}', '}')),
    delay_ms = coalesce((document ->> 'delay_ms')::bigint, 0), active = coalesce((document ->> 'active')::boolean, true)
""",
    "ALTER TABLE recovery_blocks ALTER COLUMN content SET NOT NULL",
    "ALTER TABLE recovery_blocks DROP COLUMN document",
    "DROP TABLE recovery_clicks",
    "DROP TABLE media_files",
    "DROP TABLE media",
    """
CREATE TABLE media (
    sha256 BYTEA NOT NULL,
    kind TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT pk_media PRIMARY KEY (sha256)
)
""",
    """
CREATE TABLE media_files (
    bot_id BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    file_id TEXT NOT NULL,
    CONSTRAINT pk_media_files PRIMARY KEY (bot_id, sha256),
    CONSTRAINT fk_media_files_media FOREIGN KEY(sha256) REFERENCES media (sha256)
)
""",
    "DROP INDEX ix_incidents_open",
    "DELETE FROM incidents WHERE subject <> ''",
    "ALTER TABLE incidents DROP COLUMN subject",
    "CREATE UNIQUE INDEX ix_incidents_open ON incidents (coalesce(bot_id, 0), kind) WHERE closed_at IS NULL",
    "ALTER TABLE api_keys DROP COLUMN name",
    "ALTER TABLE bots DROP COLUMN paid_broadcast",
)


def upgrade() -> None:
    lock(*_TABLES)
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    lock(*_TABLES, "recovery_clicks")
    for statement in _DOWN:
        op.execute(statement)
