"""The first tables: accounts, schools, chats with their logs, the account's own view, and the search index."""

import secrets

import sqlalchemy as sa
from alembic import op

from storage.tables import instance, metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    if bind.dialect.name == "sqlite":
        # contentless: the words stand in message_body alone; rowid = search_row.id
        bind.exec_driver_sql(
            "CREATE VIRTUAL TABLE search_fts USING fts5"
            "(stems, content='', prefix='2 3', tokenize=\"unicode61 remove_diacritics 0\")"
        )
    else:
        bind.execute(sa.text("ALTER TABLE search_row ADD COLUMN stems tsvector"))
        bind.execute(sa.text("CREATE INDEX ix_search_row_stems ON search_row USING gin (stems)"))
    bind.execute(sa.insert(instance).values(key="epoch", value=secrets.token_hex(8)))


def downgrade() -> None:
    raise NotImplementedError("the first migration is not undone")
