"""The tables, as SQLAlchemy describes them. Alembic compares the migrations with them; no query is made from them.

Every moment is a bigint in milliseconds since 1970 and comes in as an argument: no clock of the database decides.
"""

from storage.postgres.schema import bots, campaigns, deliveries
from storage.postgres.schema.parts import metadata

__all__ = ["bots", "campaigns", "deliveries", "metadata"]
