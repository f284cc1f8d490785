"""Tables of places, schools' paperwork, families and the journal, beside ``storage.tables``. Names and shapes only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import metadata

locality = Table(
    "locality",
    metadata,
    # GeoNames id, OKTMO code or an id of our own: the three ranges do not meet
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("country", String(2), nullable=False),
    Column("name", String(120), nullable=False),
    Column("district", String(120), nullable=False, server_default=""),
    Column("region", String(120), nullable=False, server_default=""),
    Column("population", Integer, nullable=False, server_default="0"),
    Column("time_zone", String(64), nullable=False, server_default=""),
    Column("source", String(16), nullable=False),  # oktmo, fias, operator
)

school_request = Table(
    "school_request",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("applicant_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("name", String(160), nullable=False),
    Column("country", String(2), nullable=False),
    Column("locality_id", BigInteger, nullable=True),
    Column("place", String(300), nullable=False, server_default=""),
    Column("school_number", String(40), nullable=False, server_default=""),
    Column("position", String(80), nullable=False),
    Column("contact", String(160), nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", String(300), nullable=False, server_default=""),
    Column("school_id", ForeignKey("school.id"), nullable=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("decided_ms", BigInteger, nullable=True),
)

roster = Table(
    "roster",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("school_class.id"), nullable=False, index=True),
    Column("last_name", String(80), nullable=False),
    Column("first_name", String(80), nullable=False),
    Column("patronymic", String(80), nullable=False, server_default=""),
    Column("name_fold", String(260), nullable=False),
    Column("birth_date", String(10), nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=True),
    Column("updated_ms", BigInteger, nullable=False),
    UniqueConstraint("school_id", "name_fold", "birth_date"),
)

invite = Table(
    "invite",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("school_class.id"), nullable=True, index=True),
    Column("role", String(16), nullable=False),
    Column("roster_id", ForeignKey("roster.id"), nullable=True, unique=True),
    Column("created_by", ForeignKey("account.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=True),
    Column("uses", Integer, nullable=True),
    Column("used", Integer, nullable=False, server_default="0"),
)

application = Table(
    "application",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=False),
    Column("class_id", ForeignKey("school_class.id"), nullable=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("invite_id", ForeignKey("invite.id"), nullable=True),
    Column("status", String(12), nullable=False),
    Column("reason", String(300), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("decided_ms", BigInteger, nullable=True),
    Column("decided_by", ForeignKey("account.id"), nullable=True),
    Index("ix_application_school", "school_id", "status", "created_ms"),
)

parent_link = Table(
    "parent_link",
    metadata,
    Column("child_id", ForeignKey("account.id"), primary_key=True),
    Column("serial", Integer, nullable=False),  # renewing it makes the earlier link dead
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("child_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("parent_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("version", String(32), nullable=False),
    Column("text_sha256", LargeBinary(32), nullable=False),
    Column("given_ms", BigInteger, nullable=False),
    Column("withdrawn_ms", BigInteger, nullable=True),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("school_id", ForeignKey("school.id"), nullable=True),
    Column("actor_id", BigInteger, nullable=True),  # null: the operator's command line, or the house itself
    Column("action", String(40), nullable=False),
    Column("target_id", BigInteger, nullable=True),
    Column("class_id", BigInteger, nullable=True),
    Column("detail", Text, nullable=False, server_default=""),
    Column("ts_ms", BigInteger, nullable=False),
    Index("ix_journal_school", "school_id", "id"),
)

avatar = Table(
    "avatar",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("webp", LargeBinary, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)
