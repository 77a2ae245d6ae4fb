"""How Alembic reaches the database: the connection is handed over by `engine.cli.migrate`, never configured here."""

from alembic import context

from storage.postgres.schema import metadata


def _migrate() -> None:
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


_migrate()
