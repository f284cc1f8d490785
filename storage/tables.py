"""Every table, as SQLAlchemy Core. Names and shapes only; statements stand in the repositories.

Ids are 63-bit integers made by ``storage.ids`` (time-ordered), strings on the wire. Times are unix milliseconds.
``*_fold`` columns are made in Python (casefold, ё to е), since SQLite does not fold Cyrillic.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the instance ---------------------------------------------------------------------------------------------

instance = Table(
    "instance",
    metadata,
    Column("key", String(32), primary_key=True),  # epoch, demo, created_ms
    Column("value", Text, nullable=False),
)

# --- accounts and sessions ------------------------------------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_name", String(80), nullable=False),
    Column("last_name", String(80), nullable=False),
    Column("patronymic", String(80), nullable=False, server_default=""),
    Column("name_fold", String(260), nullable=False),
    Column("birth_date", String(10), nullable=True),
    Column("gender", String(8), nullable=False, server_default=""),  # male, female
    Column("created_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger, nullable=True),
    Column("seq", BigInteger, nullable=False, server_default="0"),  # head of the account's own log
)

session = Table(
    "session",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("device", String(120), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
    Column("lasting", Boolean, nullable=False, server_default="1"),  # false: ends with the browser, never slides
)

signin_link = Table(
    "signin_link",
    metadata,
    Column("token_sha256", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("label", String(80), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

# --- schools --------------------------------------------------------------------------------------------------

school = Table(
    "school",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(160), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("students_find_other_classes", Boolean, nullable=False, server_default="0"),  # D17
    Column("created_ms", BigInteger, nullable=False),
    Column("locality_id", BigInteger, nullable=True, index=True),
    Column("place", String(300), nullable=False, server_default=""),
)

school_class = Table(
    "school_class",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=False, index=True),
    Column("name", String(16), nullable=False),  # 7А
    Column("grade", SmallInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=True),
    Column("closed", Boolean, nullable=False, server_default="0"),  # takes no applications
    Column("archived_ms", BigInteger, nullable=True),
    UniqueConstraint("school_id", "name"),
)

school_role = Table(
    "school_role",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("school_id", ForeignKey("school.id"), nullable=True, index=True),  # null for an operator
    Column("class_id", ForeignKey("school_class.id"), nullable=True, index=True),
    Column("role", String(16), nullable=False),  # SchoolRole, D10
    Column("subject", String(80), nullable=False, server_default=""),  # teachers: what they teach there, D18
    Column("since_ms", BigInteger, nullable=False),
    Column("until_ms", BigInteger, nullable=True),
)

parent_child = Table(
    "parent_child",
    metadata,
    Column("parent_id", ForeignKey("account.id"), primary_key=True),
    Column("child_id", ForeignKey("account.id"), primary_key=True, index=True),
    Column("confirmed_ms", BigInteger, nullable=False),
)

block = Table(
    "block",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("blocked_id", ForeignKey("account.id"), primary_key=True, index=True),
    Column("created_ms", BigInteger, nullable=False),
)

# --- chats: heads, logs, bodies -------------------------------------------------------------------------------

chat = Table(
    "chat",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),  # ChatKind
    Column("title", String(120), nullable=False, server_default=""),
    Column("pin_policy", String(8), nullable=False, server_default="staff"),
    Column("direct_key", String(48), nullable=True, unique=True),  # "low:high" of the two accounts
    Column("school_id", BigInteger, nullable=True),
    Column("history_for_new", Boolean, nullable=False, server_default="0"),  # class chats: all history
    Column("seq", BigInteger, nullable=False, server_default="0"),  # head of the log
    Column("post_no", BigInteger, nullable=False, server_default="0"),
    Column("head_hash", LargeBinary(32), nullable=False),
    Column("members_count", Integer, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("write_policy", String(8), nullable=False, server_default="everyone"),
    Column("slow_s", Integer, nullable=False, server_default="0"),  # between two posts of one member; 0: off
)

chat_link = Table(
    "chat_link",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False, index=True),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("made_by", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("uses_max", Integer, nullable=True),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("revoked_ms", BigInteger, nullable=True),
)

report = Table(
    "report",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", BigInteger, nullable=False, index=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("reporter", BigInteger, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("comment", String(500), nullable=False),
    Column("snapshot", LargeBinary, nullable=False),  # msgpack of list[ReportedMessage], kept 90 days (D8)
    Column("created_ms", BigInteger, nullable=False),
    Column("decision", String(16), nullable=True),
    Column("decided_by", BigInteger, nullable=True),
    Column("decided_ms", BigInteger, nullable=True),
    UniqueConstraint("reporter", "chat_id", "seq"),
)

chat_event = Table(
    "chat_event",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),  # storage.kinds
    Column("actor", BigInteger, nullable=True),
    Column("ts_ms", BigInteger, nullable=False),
    Column("target_seq", BigInteger, nullable=True),
    Column("facts", LargeBinary, nullable=True),  # msgpack of what is neither a column nor words
    Column("body_commit", LargeBinary(32), nullable=True),  # SHA-256(salt + body)
    Column("hash", LargeBinary(32), nullable=False),  # SHA-256(previous hash + every other field)
    sqlite_with_rowid=False,
)

message = Table(
    "message",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("author", BigInteger, nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("request_hash", LargeBinary(16), nullable=False),
    Column("ts_ms", BigInteger, nullable=False),
    Column("post_no", BigInteger, nullable=False),
    Column("reply_to", BigInteger, nullable=True),
    Column("forwarded_author", BigInteger, nullable=True),
    Column("forwarded_name", String(160), nullable=True),
    Column("forwarded_ms", BigInteger, nullable=True),
    Column("body_seq", BigInteger, nullable=False),  # the post itself, or its last edit
    Column("edited_ms", BigInteger, nullable=True),
    Column("deleted_ms", BigInteger, nullable=True),
    UniqueConstraint("author", "nonce"),
    Index("ix_message_chat_post", "chat_id", "post_no"),
    sqlite_with_rowid=False,
)

message_body = Table(
    "message_body",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

chat_pin = Table(
    "chat_pin",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("target_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("pinned_seq", BigInteger, nullable=False),
)

reaction = Table(
    "reaction",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("target_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("emoji", String(32), primary_key=True),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("from_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("to_seq", BigInteger, nullable=True),  # the removal's seq; null while inside
    Column("role", String(8), nullable=False),  # ChatRole
    Index("ix_membership_account", "account_id", "to_seq"),
)

# --- the account's own log and view ---------------------------------------------------------------------------

account_event = Table(
    "account_event",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("ts_ms", BigInteger, nullable=False),
    Column("facts", LargeBinary, nullable=False),
)

chat_view = Table(
    "chat_view",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pin_rank", SmallInteger, nullable=True),
    Column("archived_at_seq", BigInteger, nullable=True),
    Column("marked_unread", Boolean, nullable=False, server_default="0"),
    Column("muted_until_ms", BigInteger, nullable=True),
    Column("read_seq", BigInteger, nullable=False, server_default="0"),
)

draft = Table(
    "draft",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("reply_to", BigInteger, nullable=True),
    Column("saved_ms", BigInteger, nullable=False),
)

mention = Table(
    "mention",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),  # 0: everybody in the chat
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_mention_message", "chat_id", "seq"),
)

star = Table(
    "star",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("target_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("starred_ms", BigInteger, nullable=False),
)

hidden = Table(
    "hidden",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("target_seq", BigInteger, primary_key=True, autoincrement=False),
)

command_receipt = Table(
    "command_receipt",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", String(64), primary_key=True),
    Column("command", String(40), nullable=False),
    Column("request_hash", LargeBinary(16), nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

# --- search ---------------------------------------------------------------------------------------------------

search_chat = Table(
    "search_chat",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False, unique=True),
)
"""Short numbers of chats for the index: see ``storage.search``."""

search_row = Table(
    "search_row",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    # PostgreSQL adds a tsvector column "stems"; SQLite keeps the stems in the FTS5 table search_fts under this id
    UniqueConstraint("chat_id", "seq"),
)
