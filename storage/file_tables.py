"""Tables of uploads, files, their bytes, attachments of messages and space used. Names and shapes only.

An upload becomes a file under the same number once its last byte is there and every check has passed; ``file`` is what
people see (a name, an owner), ``blob`` the bytes, which equal files of one school share.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from .tables import metadata

__all__ = ["attachment", "blob", "file", "file_usage", "metadata", "pending_file", "pending_post", "upload"]

upload = Table(
    "upload",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("school_id", BigInteger, nullable=False, server_default="0"),  # whose space it uses; 0: none
    Column("kind", String(8), nullable=False),  # storage.tus.Kind
    # open (takes bytes), whole (a finished part), checking (all bytes there), done (a file), refused, joined, gone
    Column("state", String(8), nullable=False),
    Column("length", BigInteger, nullable=True),  # null while deferred
    Column("reserved", BigInteger, nullable=False),  # bytes counted in file_usage for it
    Column("name", String(255), nullable=False),
    Column("voice", Boolean, nullable=False, server_default="0"),
    Column("raw_metadata", Text, nullable=False, server_default=""),  # as it came: HEAD gives it back
    Column("parts", Text, nullable=False, server_default=""),  # of a final one: ids in order, blanks between
    Column("error", String(40), nullable=False, server_default=""),  # a code of wire/file_errors.py
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("ix_upload_account_state", "account_id", "state"),
    Index("ix_upload_state_expires", "state", "expires_ms"),
)

blob = Table(
    "blob",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", BigInteger, nullable=False, server_default="0"),
    Column("size", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),  # storage.blobs.sums
    Column("media_type", String(80), nullable=False),
    Column("kind", String(8), nullable=False),  # wire.files.FileKind
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("duration_ms", BigInteger, nullable=True),
    Column("waveform", LargeBinary, nullable=True),  # loudness, one byte a bar
    Column("previews", Boolean, nullable=False, server_default="0"),
    Column("scanned", Boolean, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_blob_school_hash", "school_id", "hash", "size"),
)

file = Table(
    "file",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("blob_id", BigInteger, nullable=False, index=True),
    Column("account_id", BigInteger, nullable=False),
    Column("school_id", BigInteger, nullable=False, server_default="0"),
    Column("name", String(255), nullable=False),
    Column("name_fold", String(255), nullable=False),
    Column("voice", Boolean, nullable=False, server_default="0"),
    Column("size", BigInteger, nullable=False),
    Column("saved", Boolean, nullable=False, server_default="0"),  # kept in My documents though no message holds it
    Column("created_ms", BigInteger, nullable=False),
    Column("idle_ms", BigInteger, nullable=True),  # since when nothing holds it; null while something does
    Index("ix_file_account_created", "account_id", "created_ms"),
    Index("ix_file_idle", "idle_ms"),
)

attachment = Table(
    "attachment",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, nullable=False, index=True),
)

pending_post = Table(
    "pending_post",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("request_hash", LargeBinary(16), nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("reply_to", BigInteger, nullable=True),
    Column("mentions", LargeBinary, nullable=False),  # accounts, msgpack
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_pending_post_account_nonce", "account_id", "nonce", unique=True),
)

pending_file = Table(
    "pending_file",
    metadata,
    Column("post_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("file_id", BigInteger, nullable=False, index=True),
)

file_usage = Table(
    "file_usage",
    metadata,
    Column("holder_id", BigInteger, primary_key=True, autoincrement=False),  # an account or a school
    Column("used_bytes", BigInteger, nullable=False),
)
