"""Bots and the people who run them: roles, API keys, incidents, the audit log, and what concerns the whole system."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Identity, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from storage.postgres.schema.parts import key, maybe, metadata, needed, one_of

bots = Table(
    "bots",
    metadata,
    key("id"),
    needed("username", Text),
    needed("token", LargeBinary),
    needed("status", Text, "'active'"),
    needed("pace", Integer, "25"),
    needed("paid_broadcast", Boolean, "false"),
    maybe("owner_id"),
    needed("created_at"),
    maybe("doubted_until"),
    maybe("held_until"),
    needed("contested", Boolean, "false"),
    maybe("webhook_key", Text),
    needed("new_chats_by_api", Boolean, "false"),
    one_of("status", "active", "paused", "suspended", "removed"),
    Index("ix_bots_username", text("lower(username)"), unique=True),
)

admins = Table(
    "admins",
    metadata,
    key("id"),
    needed("name", Text),
    needed("language", Text, "'pt'"),
    needed("created_at"),
)

bot_admins = Table(
    "bot_admins",
    metadata,
    Column("bot_id", ForeignKey("bots.id"), primary_key=True),
    Column("admin_id", ForeignKey("admins.id"), primary_key=True),
    needed("role", Text),
    one_of("role", "owner", "editor", "analyst"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("bot_id", ForeignKey("bots.id"), nullable=False, index=True),
    needed("name", Text, "''"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    needed("created_at"),
    maybe("revoked_at"),
    needed("hint", Text, "''"),
    needed("scopes", ARRAY(Text), "'{activity,payments,read}'"),
    maybe("created_by", Text),
    maybe("expires_at"),
    maybe("last_used_at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    maybe("bot_id"),
    needed("kind", Text),
    needed("subject", Text, "''"),
    needed("detail", Text),
    needed("opened_at"),
    maybe("closed_at"),
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
    needed("at"),
    needed("actor", Text),
    maybe("bot_id"),
    needed("action", Text),
    maybe("before", JSONB),
    maybe("after", JSONB),
    Index("ix_audit_log_bot_id_id", "bot_id", "id"),
)

switches = Table(
    "switches",
    metadata,
    key("name", Text),
    needed("engaged", Boolean),
    needed("changed_at"),
)

numbers = Table(
    "numbers",
    metadata,
    key("name", Text),
    needed("value"),
    needed("changed_at"),
)

key_holders = Table(
    "key_holders",
    metadata,
    key("process", Text),
    needed("kind", Text),
    needed("keys", Text),
    needed("signs", Boolean),
    needed("seen_at"),
    needed("ended", Boolean),
    one_of("kind", "manager", "receiver", "poller"),
)
