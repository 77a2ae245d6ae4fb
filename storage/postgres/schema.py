"""The tables, as SQLAlchemy sees them: the source of migrations and of the screens' queries.

Every moment is a bigint in milliseconds since 1970 and comes in as an argument: no clock of the database decides.
An episode's id is the moment of the last sign of life on which its silence was judged; with bot and chat it is unique.
Deliveries are partitioned by it, so that old ones leave by dropping a partition.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _key(name: str, kind: Any = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _needed(name: str, kind: Any = BigInteger, default: str | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))


def _maybe(name: str, kind: Any = BigInteger) -> Column[Any]:
    return Column(name, kind)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


bots = Table(
    "bots",
    metadata,
    _key("id"),
    _needed("username", Text),
    _needed("token", LargeBinary),
    _needed("status", Text, "'active'"),
    _needed("pace", Integer, "25"),
    _needed("paid_broadcast", Boolean, "false"),
    _maybe("owner_id"),
    _needed("created_at"),
    _one_of("status", "active", "paused", "suspended", "removed"),
    Index("ix_bots_username", text("lower(username)"), unique=True),
)

admins = Table(
    "admins",
    metadata,
    _key("id"),
    _needed("name", Text),
    _needed("language", Text, "'pt'"),
    _needed("created_at"),
)

bot_admins = Table(
    "bot_admins",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    Column("admin_id", ForeignKey("admins.id"), primary_key=True),
    _needed("role", Text),
    _one_of("role", "owner", "editor", "analyst"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("bot_id", ForeignKey("bots.id"), nullable=False, index=True),
    _needed("name", Text, "''"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _needed("created_at"),
    _maybe("revoked_at"),
)

campaigns = Table(
    "recovery_campaigns",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    _needed("state", Text, "'draft'"),
    _needed("threshold_ms"),
    _needed("zone", Text),
    _maybe("window", JSONB),
    _needed("skip_paid", Boolean, "true"),
    _needed("lateness_ms"),
    _needed("limits", JSONB, "'{}'"),
    _needed("draft_revision", Integer, "1"),
    _maybe("published_version", Integer),
    _maybe("activated_at"),
    _maybe("paused_at"),
    _maybe("paused_from", Text),
    _one_of("state", "draft", "shadow", "live", "paused", "finishing", "stopped"),
    _one_of("paused_from", "live", "finishing"),
)

steps = Table(
    "recovery_steps",
    metadata,
    Column("bot_id", ForeignKey("recovery_campaigns.bot_id", ondelete="CASCADE"), primary_key=True),
    _key("key", Text),
    _needed("position", Integer),
    _needed("schedule", Text),
    _needed("active", Boolean, "true"),
)

blocks = Table(
    "recovery_blocks",
    metadata,
    _key("bot_id"),
    _key("step_key", Text),
    _key("key", Text),
    _needed("position", Integer),
    _needed("document", JSONB),
    ForeignKeyConstraint(["bot_id", "step_key"], ["recovery_steps.bot_id", "recovery_steps.key"], ondelete="CASCADE"),
)

versions = Table(
    "recovery_versions",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    _key("version", Integer),
    _needed("layout", Integer),
    _needed("document", JSONB),
    _needed("published_at"),
)

episodes = Table(
    "recovery_episodes",
    metadata,
    _key("bot_id"),
    _key("chat_id"),
    _key("episode_id"),
    _needed("campaign_version", Integer),
    _needed("began_at"),
    _maybe("ended_at"),
    _maybe("reason", Text),
    _maybe("returned_at"),
    _maybe("paid_at"),
    CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name="ended_with_reason"),
    Index(
        "ix_recovery_episodes_open",
        "bot_id",
        "chat_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
)

deliveries = Table(
    "recovery_deliveries",
    metadata,
    _key("bot_id"),
    _key("chat_id"),
    _key("episode_id"),
    _key("step_key", Text),
    _key("block_key", Text),
    _needed("ordinal", Integer),
    _needed("status", Text),
    _maybe("reason", Text),
    _needed("version"),
    _needed("attempts", Integer, "0"),
    _needed("campaign_version", Integer),
    _needed("due_at"),
    _maybe("claimed_at"),
    _maybe("sent_at"),
    _needed("crossed", Boolean, "false"),
    _maybe("message_ids", ARRAY(BigInteger)),
    _maybe("delete_at"),
    _maybe("deleted_at"),
    _maybe("on_return", Text),
    _maybe("on_payment", Text),
    _maybe("edit_at"),
    _maybe("edit_for", Text),
    _maybe("edited_at"),
    _maybe("delete_refusal", Text),
    _maybe("edit_refusal", Text),
    _maybe("anchor_at"),
    _needed("deferrals", Integer, "0"),
    _needed("replan", BigInteger, "0"),
    _one_of("status", "scheduled", "sending", "sent", "skipped", "failed", "unknown", "cancelled", "would_send"),
    Index(
        "ix_recovery_deliveries_cursor",
        "bot_id",
        "chat_id",
        "episode_id",
        unique=True,
        postgresql_where=text("status IN ('scheduled', 'sending')"),
    ),
    Index("ix_recovery_deliveries_sending", "claimed_at", postgresql_where=text("status = 'sending'")),
    Index(
        "ix_recovery_deliveries_delete",
        "bot_id",
        "delete_at",
        postgresql_where=text("delete_at IS NOT NULL AND deleted_at IS NULL AND delete_refusal IS NULL"),
    ),
    Index(
        "ix_recovery_deliveries_edit",
        "bot_id",
        "edit_at",
        postgresql_where=text("edit_at IS NOT NULL AND edited_at IS NULL AND edit_refusal IS NULL"),
    ),
    postgresql_partition_by="RANGE (episode_id)",
)

replans = Table(
    "recovery_replans",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("bot_id", ForeignKey("bots.id"), nullable=False),
    _needed("kind", Text),
    _needed("arguments", JSONB),
    _needed("created_at"),
    _maybe("done_at"),
    _one_of("kind", "publish", "include", "resume", "welcome"),
    Index("ix_recovery_replans_bot_id_id", "bot_id", "id"),
    Index("ix_recovery_replans_pending", "bot_id", postgresql_where=text("done_at IS NULL")),
)

hourly = Table(
    "recovery_hourly",
    metadata,
    _key("bot_id"),
    _key("step_key", Text),
    _key("hour"),
    _needed("sent", Integer, "0"),
    _needed("skipped", Integer, "0"),
    _needed("failed", Integer, "0"),
    _needed("unknown", Integer, "0"),
)

chats = Table(
    "chats",
    metadata,
    _key("bot_id"),
    _key("chat_id"),
    _maybe("first_name", Text),
    _maybe("username", Text),
    _maybe("language", Text),
    _needed("last_active"),
    _maybe("unreachable_since"),
    _maybe("opted_out_at"),
    Index("ix_chats_last_active", "bot_id", "last_active"),
)

payments = Table(
    "payments",
    metadata,
    _key("bot_id"),
    _key("external_id", Text),
    _needed("chat_id"),
    _needed("amount"),
    _needed("currency", Text),
    _needed("status", Text),
    _needed("paid_at"),
    _one_of("status", "paid", "refunded"),
    Index("ix_payments_bot_id_chat_id", "bot_id", "chat_id"),
)

clicks = Table(
    "recovery_clicks",
    metadata,
    _key("bot_id"),
    _key("chat_id"),
    _key("episode_id"),
    _key("step_key", Text),
    _key("block_key", Text),
    _key("button", Text),
    _needed("clicked_at"),
)

media = Table(
    "media",
    metadata,
    _key("sha256", LargeBinary),
    _key("kind", Text),
    _needed("size"),
    _needed("mime", Text),
    _needed("name", Text),
    _needed("created_at"),
)

media_files = Table(
    "media_files",
    metadata,
    _key("bot_id"),
    _key("sha256", LargeBinary),
    _key("kind", Text),
    _needed("file_id", Text),
    ForeignKeyConstraint(["sha256", "kind"], ["media.sha256", "media.kind"]),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _maybe("bot_id"),
    _needed("kind", Text),
    _needed("subject", Text, "''"),
    _needed("detail", Text),
    _needed("opened_at"),
    _maybe("closed_at"),
    Index(
        "ix_incidents_open",
        text("coalesce(bot_id, 0)"),
        "kind",
        "subject",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
    ),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _needed("at"),
    _needed("actor", Text),
    _maybe("bot_id"),
    _needed("action", Text),
    _maybe("before", JSONB),
    _maybe("after", JSONB),
    Index("ix_audit_log_bot_id_id", "bot_id", "id"),
)

switches = Table(
    "switches",
    metadata,
    _key("name", Text),
    _needed("engaged", Boolean),
    _needed("changed_at"),
)
