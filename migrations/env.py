"""How Alembic reaches the database: by the connection that `python -m engine migrate` hands over, or by DATABASE_URL.

The second is for Alembic's own commands (`alembic upgrade head`, `history`, `revision`) in a checkout.
"""

import sys

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from engine.core.errors import RecoveryError
from engine.settings import load_database_url
from storage.postgres.migrations import with_connection
from storage.postgres.schema import metadata


def _print_sql() -> None:
    context.configure(dialect_name="postgresql", target_metadata=metadata, transaction_per_migration=True)
    _run()


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    _run()


def _run() -> None:
    with context.begin_transaction():
        context.run_migrations()


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _connect_and_migrate() -> None:
    try:
        with_connection(load_database_url(), _migrate, tell=_tell)
    except RecoveryError as error:
        raise CommandError(str(error)) from error


if context.is_offline_mode():
    _print_sql()
elif "connection" in context.config.attributes:
    _migrate(context.config.attributes["connection"])
else:
    _connect_and_migrate()
