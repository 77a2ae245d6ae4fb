"""Chats and what they were sent: episodes, deliveries, hourly counts, payments, clicks.

The id of an episode is the moment of the last sign of life on which its silence was judged; with bot and chat it is
unique. Deliveries are partitioned by it, so that old ones leave by dropping a partition.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from storage.postgres.schema.parts import key, maybe, metadata, needed, one_of

chats = Table(
    "chats",
    metadata,
    key("bot_id"),
    key("chat_id"),
    maybe("first_name", Text),
    maybe("username", Text),
    maybe("language", Text),
    needed("last_active"),
    maybe("unreachable_since"),
    maybe("opted_out_at"),
    Index("ix_chats_last_active", "bot_id", "last_active"),
)

episodes = Table(
    "recovery_episodes",
    metadata,
    key("bot_id"),
    key("chat_id"),
    key("episode_id"),
    needed("campaign_version", Integer),
    needed("began_at"),
    maybe("ended_at"),
    maybe("reason", Text),
    maybe("returned_at"),
    maybe("paid_at"),
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
    key("bot_id"),
    key("chat_id"),
    key("episode_id"),
    key("step_key", Text),
    key("block_key", Text),
    needed("ordinal", Integer),
    needed("status", Text),
    maybe("reason", Text),
    needed("version"),
    needed("attempts", Integer, "0"),
    needed("campaign_version", Integer),
    needed("due_at"),
    maybe("claimed_at"),
    maybe("sent_at"),
    needed("crossed", Boolean, "false"),
    maybe("message_ids", ARRAY(BigInteger)),
    maybe("delete_at"),
    maybe("deleted_at"),
    maybe("on_return", Text),
    maybe("on_payment", Text),
    maybe("edit_at"),
    maybe("edit_for", Text),
    maybe("edited_at"),
    maybe("delete_refusal", Text),
    maybe("edit_refusal", Text),
    maybe("anchor_at"),
    needed("stood_ms", default="0"),
    needed("resumed_at", default="0"),
    needed("kept_version", Integer, "0"),
    needed("deferrals", Integer, "0"),
    needed("replan", BigInteger, "0"),
    one_of("status", "scheduled", "sending", "sent", "skipped", "failed", "unknown", "cancelled", "would_send"),
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

hourly = Table(
    "recovery_hourly",
    metadata,
    key("bot_id"),
    key("step_key", Text),
    key("hour"),
    needed("sent", Integer, "0"),
    needed("skipped", Integer, "0"),
    needed("failed", Integer, "0"),
    needed("unknown", Integer, "0"),
)

payments = Table(
    "payments",
    metadata,
    key("bot_id"),
    key("external_id", Text),
    needed("chat_id"),
    needed("amount"),
    needed("currency", Text),
    needed("status", Text),
    needed("paid_at"),
    one_of("status", "paid", "refunded"),
    Index("ix_payments_bot_id_chat_id", "bot_id", "chat_id"),
)

clicks = Table(
    "recovery_clicks",
    metadata,
    key("bot_id"),
    key("chat_id"),
    key("episode_id"),
    key("step_key", Text),
    key("block_key", Text),
    key("button", Text),
    needed("clicked_at"),
)
