"""The first tables: accounts, schools, chats with their logs, the account's own view, and the search index.

Frozen: later changes of ``storage.tables`` come with migrations of their own.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        # contentless: the words stand in message_body alone; rowid = search_row.id
        bind.exec_driver_sql(
            "CREATE VIRTUAL TABLE search_fts USING fts5"
            "(stems, content='', prefix='2 3', tokenize=\"unicode61 remove_diacritics 0\")"
        )
    else:
        bind.execute(sa.text("ALTER TABLE search_row ADD COLUMN stems tsvector"))
        bind.execute(sa.text("CREATE INDEX ix_search_row_stems ON search_row USING gin (stems)"))
    bind.execute(sa.text("INSERT INTO instance (key, value) VALUES ('epoch', :epoch)"), {"epoch": secrets.token_hex(8)})


def downgrade() -> None:
    raise NotImplementedError("the first migration is not undone")


def _create_tables() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("patronymic", sa.String(length=80), server_default="", nullable=False),
        sa.Column("name_fold", sa.String(length=260), nullable=False),
        sa.Column("birth_date", sa.String(length=10), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "account_event",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("ts_ms", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_account_event")),
    )
    op.create_table(
        "chat",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=120), server_default="", nullable=False),
        sa.Column("pin_policy", sa.String(length=8), server_default="staff", nullable=False),
        sa.Column("direct_key", sa.String(length=48), nullable=True),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("history_for_new", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("post_no", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("members_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
        sa.UniqueConstraint("direct_key", name=op.f("uq_chat_direct_key")),
    )
    op.create_table(
        "chat_event",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("actor", sa.BigInteger(), nullable=True),
        sa.Column("ts_ms", sa.BigInteger(), nullable=False),
        sa.Column("target_seq", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("body_commit", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_chat_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chat_pin",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pinned_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "target_seq", name=op.f("pk_chat_pin")),
    )
    op.create_table(
        "chat_view",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pin_rank", sa.SmallInteger(), nullable=True),
        sa.Column("archived_at_seq", sa.BigInteger(), nullable=True),
        sa.Column("marked_unread", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("muted_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("read_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account_id", "chat_id", name=op.f("pk_chat_view")),
    )
    op.create_table(
        "command_receipt",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("command", sa.String(length=40), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "nonce", name=op.f("pk_command_receipt")),
    )
    op.create_index(op.f("ix_command_receipt_expires_ms"), "command_receipt", ["expires_ms"], unique=False)
    op.create_table(
        "hidden",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "chat_id", "target_seq", name=op.f("pk_hidden")),
    )
    op.create_table(
        "instance",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_instance")),
    )
    op.create_table(
        "membership",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "account_id", "from_seq", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_account", "membership", ["account_id", "to_seq"], unique=False)
    op.create_table(
        "message",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("ts_ms", sa.BigInteger(), nullable=False),
        sa.Column("post_no", sa.BigInteger(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("forwarded_author", sa.BigInteger(), nullable=True),
        sa.Column("forwarded_name", sa.String(length=160), nullable=True),
        sa.Column("forwarded_ms", sa.BigInteger(), nullable=True),
        sa.Column("body_seq", sa.BigInteger(), nullable=False),
        sa.Column("edited_ms", sa.BigInteger(), nullable=True),
        sa.Column("deleted_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_message")),
        sa.UniqueConstraint("author", "nonce", name=op.f("uq_message_author")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_message_chat_post", "message", ["chat_id", "post_no"], unique=False)
    op.create_table(
        "message_body",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name=op.f("pk_message_body")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reaction",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("emoji", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "target_seq", "emoji", "account_id", name=op.f("pk_reaction")),
    )
    op.create_table(
        "school",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("students_find_other_classes", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
    )
    op.create_table(
        "search_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_row")),
        sa.UniqueConstraint("chat_id", "seq", name=op.f("uq_search_row_chat_id")),
    )
    op.create_table(
        "star",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("starred_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "chat_id", "target_seq", name=op.f("pk_star")),
    )
    op.create_table(
        "block",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("blocked_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_block_account_id")),
        sa.ForeignKeyConstraint(["blocked_id"], ["account.id"], name=op.f("fk_block_blocked_id")),
        sa.PrimaryKeyConstraint("account_id", "blocked_id", name=op.f("pk_block")),
    )
    op.create_index(op.f("ix_block_blocked_id"), "block", ["blocked_id"], unique=False)
    op.create_table(
        "parent_child",
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["account.id"], name=op.f("fk_parent_child_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["account.id"], name=op.f("fk_parent_child_parent_id")),
        sa.PrimaryKeyConstraint("parent_id", "child_id", name=op.f("pk_parent_child")),
    )
    op.create_index(op.f("ix_parent_child_child_id"), "parent_child", ["child_id"], unique=False)
    op.create_table(
        "school_class",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.SmallInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_class_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
        sa.UniqueConstraint("school_id", "name", name=op.f("uq_school_class_school_id")),
    )
    op.create_index(op.f("ix_school_class_school_id"), "school_class", ["school_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device", sa.String(length=120), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_session_token_sha256")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)
    op.create_table(
        "signin_link",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_signin_link_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_signin_link")),
    )
    op.create_table(
        "school_role",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=80), server_default="", nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_school_role_account_id")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_school_role_class_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_role_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_role")),
    )
    op.create_index(op.f("ix_school_role_account_id"), "school_role", ["account_id"], unique=False)
    op.create_index(op.f("ix_school_role_class_id"), "school_role", ["class_id"], unique=False)
    op.create_index(op.f("ix_school_role_school_id"), "school_role", ["school_id"], unique=False)
