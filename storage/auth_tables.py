"""Tables of contacts, passwords, codes, log-in flows, devices and what waits to be sent. Names and shapes only.

Secrets are kept as hashes. ``outgoing.secret`` alone holds a code in clear, until it was delivered.
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
    String,
    Table,
)

from .tables import metadata

contact = Table(
    "contact",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),  # phone, email
    Column("address", String(254), nullable=False, unique=True),  # E.164 or a normalised e-mail: one profile each
    Column("verified_ms", BigInteger, nullable=False),
)

password = Table(
    "password",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("argon2", String(200), nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

flow = Table(
    "flow",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("start", String(12), nullable=False),  # FlowStart
    Column("state", String(16), nullable=False),  # auth.flow.State
    Column("link", String(200), nullable=False, server_default=""),  # an invite's or parent's token; empty once used
    Column("kind", String(8), nullable=False, server_default=""),
    Column("address", String(254), nullable=False, server_default=""),
    Column("channel", String(8), nullable=False, server_default=""),
    Column("language", String(2), nullable=False, server_default="ru"),
    Column("account_id", ForeignKey("account.id"), nullable=True, index=True),  # recognised, then logged in
    Column("proven_ms", BigInteger, nullable=True),  # when a code proved the address
    Column("wanted", String(12), nullable=False, server_default=""),  # what the code is for: reset, claim
    Column("issuer", String(200), nullable=False, server_default=""),  # an external identity to be bound after log-in
    Column("subject", String(255), nullable=False, server_default=""),
    Column("lasting", Boolean, nullable=False, server_default="1"),  # false: someone else's computer
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

code = Table(
    "code",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("flow_id", BigInteger, nullable=True, index=True),
    Column("account_id", BigInteger, nullable=True, index=True),  # a second contact's code
    Column("kind", String(8), nullable=False),
    Column("address", String(254), nullable=False),
    Column("channel", String(8), nullable=False),  # Channel
    Column("digest", LargeBinary(32), nullable=True),  # null until a gateway has named the calling number
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
    Column("failed_ms", BigInteger, nullable=True),  # the sender gave up
)

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("code_id", BigInteger, nullable=False, index=True),
    Column("channel", String(8), nullable=False),
    Column("address", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("secret", String(16), nullable=False),  # emptied once delivered, except in the outbox
    Column("status", String(8), nullable=False),  # waiting, sent, failed
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("ix_outgoing_status", "status", "due_ms"),
)

paper_code = Table(
    "paper_code",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("invite_id", BigInteger, nullable=False, unique=True),  # a named invite
    Column("digest", LargeBinary(32), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
)

known_device = Table(
    "known_device",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("token_sha256", LargeBinary(32), primary_key=True),
    Column("seen_ms", BigInteger, nullable=False),
)

qr_login = Table(
    "qr_login",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token_sha256", LargeBinary(32), nullable=False, unique=True),
    Column("flow_id", BigInteger, nullable=False, index=True),
    Column("device", String(120), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=True),  # whose phone looked at it
    Column("approved_ms", BigInteger, nullable=True),
    Column("refused_ms", BigInteger, nullable=True),
    Column("used_ms", BigInteger, nullable=True),
)

external_identity = Table(
    "external_identity",
    metadata,
    Column("issuer", String(200), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("created_ms", BigInteger, nullable=False),
)

external_login = Table(
    "external_login",
    metadata,
    Column("state_sha256", LargeBinary(32), primary_key=True),
    Column("flow_id", BigInteger, nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

accepted_document = Table(
    "accepted_document",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("document", String(12), primary_key=True),  # agreement, privacy
    Column("version", String(32), primary_key=True),
    Column("accepted_ms", BigInteger, nullable=False),
)

contact_claim = Table(
    "contact_claim",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("address", String(254), nullable=False, index=True),
    Column("owner_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("status", String(10), nullable=False),  # waiting, refused, granted
    Column("created_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("decided_by", BigInteger, nullable=True),
    Column("decided_ms", BigInteger, nullable=True),
)

attempt = Table(
    "attempt",
    metadata,
    Column("scope", String(24), primary_key=True),
    Column("key_sha256", LargeBinary(32), primary_key=True),
    Column("window_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("counted", Integer, nullable=False, server_default="0"),
)
