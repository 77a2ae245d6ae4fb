"""Campaigns: the draft as rows, the published versions as documents, replans, and the library of media."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from storage.postgres.schema.parts import key, maybe, metadata, needed, one_of

campaigns = Table(
    "recovery_campaigns",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    needed("state", Text, "'draft'"),
    needed("threshold_ms"),
    needed("zone", Text),
    maybe("window", JSONB),
    needed("skip_paid", Boolean, "true"),
    needed("lateness_ms"),
    needed("limits", JSONB, "'{}'"),
    needed("draft_revision", Integer, "1"),
    maybe("published_version", Integer),
    maybe("activated_at"),
    maybe("paused_at"),
    maybe("paused_from", Text),
    one_of("state", "draft", "shadow", "live", "paused", "finishing", "stopped"),
    one_of("paused_from", "live", "finishing"),
)

steps = Table(
    "recovery_steps",
    metadata,
    Column("bot_id", ForeignKey("recovery_campaigns.bot_id", ondelete="CASCADE"), primary_key=True),
    key("key", Text),
    needed("position", Integer),
    needed("schedule", Text),
    needed("active", Boolean, "true"),
)

blocks = Table(
    "recovery_blocks",
    metadata,
    key("bot_id"),
    key("step_key", Text),
    key("key", Text),
    needed("position", Integer),
    needed("document", JSONB),
    ForeignKeyConstraint(["bot_id", "step_key"], ["recovery_steps.bot_id", "recovery_steps.key"], ondelete="CASCADE"),
)

versions = Table(
    "recovery_versions",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    key("version", Integer),
    needed("layout", Integer),
    needed("document", JSONB),
    needed("published_at"),
)

replans = Table(
    "recovery_replans",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("bot_id", ForeignKey("bots.id"), nullable=False),
    needed("kind", Text),
    needed("arguments", JSONB),
    needed("created_at"),
    maybe("done_at"),
    one_of("kind", "publish", "include", "resume", "welcome"),
    Index("ix_recovery_replans_bot_id_id", "bot_id", "id"),
    Index("ix_recovery_replans_pending", "bot_id", postgresql_where=text("done_at IS NULL")),
)

media = Table(
    "media",
    metadata,
    key("sha256", LargeBinary),
    key("kind", Text),
    needed("size"),
    needed("mime", Text),
    needed("name", Text),
    needed("created_at"),
)

media_files = Table(
    "media_files",
    metadata,
    key("bot_id"),
    key("sha256", LargeBinary),
    key("kind", Text),
    needed("file_id", Text),
    maybe("taken_as", Text),
    ForeignKeyConstraint(["sha256", "kind"], ["media.sha256", "media.kind"]),
)
