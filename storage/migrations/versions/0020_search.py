"""The search index anew: entries of one chat stand together, and say who wrote and whether there is a link.

Its content is made again by ``storage.reindex``, which the mark in ``instance`` asks for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_chat",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_chat")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_search_chat_chat_id")),
    )
    bind = op.get_bind()
    bind.execute(sa.text("DELETE FROM search_row"))
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql("DROP TABLE search_fts")
        # detail=none: nobody asks for phrases, and it halves the index; "_" begins what is no word of a text
        bind.exec_driver_sql(
            "CREATE VIRTUAL TABLE search_fts USING fts5(stems, content='', prefix='2 3', detail=none,"
            " tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")"
        )
    bind.execute(sa.text("INSERT INTO instance (key, value) VALUES ('search_index', 'due')"))


def downgrade() -> None:
    raise NotImplementedError("an index is made again, not undone")
