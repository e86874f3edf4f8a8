"""Runs migrations on the connection that `gwansang.db.migrate` gives, within its transaction."""

from alembic import context
from sqlalchemy import Connection, create_engine

from gwansang.models import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # it can't alter a table in place
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # the alembic command itself, to write a migration: against the file it is told with -x url=...
    engine = create_engine(context.get_x_argument(as_dictionary=True).get("url", "sqlite:///.data/gwansang.sqlite3"))
    with engine.begin() as opened:
        run(opened)
