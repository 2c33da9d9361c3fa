"""Alembic's environment: migrations run on the connection that `hub.ledger.migrate` hands over, in its transaction."""

from alembic import context

from hub.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
