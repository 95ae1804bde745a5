"""Run by Alembic for every upgrade: on the connection, and in the transaction, that bot.migrate opened."""

from alembic import context

from bot.migrate import metadatas

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadatas(),
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()
