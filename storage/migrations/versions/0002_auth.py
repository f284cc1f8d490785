"""Contacts, passwords, codes, log-in flows, devices, what waits to be sent; sessions that end with the browser."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    op.add_column("session", sa.Column("lasting", sa.Boolean(), server_default="1", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("people's contacts are not dropped")


def _create_tables() -> None:
    op.create_table(
        "attempt",
        sa.Column("scope", sa.String(length=24), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("window_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("counted", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("scope", "key_sha256", "window_ms", name=op.f("pk_attempt")),
    )
    op.create_table(
        "code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flow_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("failed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code")),
    )
    op.create_index(op.f("ix_code_account_id"), "code", ["account_id"], unique=False)
    op.create_index(op.f("ix_code_flow_id"), "code", ["flow_id"], unique=False)
    op.create_table(
        "external_login",
        sa.Column("state_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("flow_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name=op.f("pk_external_login")),
    )
    op.create_table(
        "outgoing",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("secret", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
    )
    op.create_index(op.f("ix_outgoing_code_id"), "outgoing", ["code_id"], unique=False)
    op.create_index("ix_outgoing_status", "outgoing", ["status", "due_ms"], unique=False)
    op.create_table(
        "paper_code",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("invite_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_code")),
        sa.UniqueConstraint("invite_id", name=op.f("uq_paper_code_invite_id")),
    )
    op.create_table(
        "accepted_document",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(length=12), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("accepted_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_accepted_document_account_id")),
        sa.PrimaryKeyConstraint("account_id", "document", "version", name=op.f("pk_accepted_document")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("verified_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_contact_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("address", name=op.f("uq_contact_address")),
    )
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"], unique=False)
    op.create_table(
        "contact_claim",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_contact_claim_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_claim")),
    )
    op.create_index(op.f("ix_contact_claim_address"), "contact_claim", ["address"], unique=False)
    op.create_index(op.f("ix_contact_claim_owner_id"), "contact_claim", ["owner_id"], unique=False)
    op.create_table(
        "external_identity",
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_external_identity_account_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_external_identity")),
    )
    op.create_index(op.f("ix_external_identity_account_id"), "external_identity", ["account_id"], unique=False)
    op.create_table(
        "flow",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("start", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("link", sa.String(length=200), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="", nullable=False),
        sa.Column("address", sa.String(length=254), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=8), server_default="", nullable=False),
        sa.Column("language", sa.String(length=2), server_default="ru", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("proven_ms", sa.BigInteger(), nullable=True),
        sa.Column("wanted", sa.String(length=12), server_default="", nullable=False),
        sa.Column("issuer", sa.String(length=200), server_default="", nullable=False),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("lasting", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_flow_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_flow_token_sha256")),
    )
    op.create_index(op.f("ix_flow_account_id"), "flow", ["account_id"], unique=False)
    op.create_index(op.f("ix_flow_expires_ms"), "flow", ["expires_ms"], unique=False)
    op.create_table(
        "known_device",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_known_device_account_id")),
        sa.PrimaryKeyConstraint("account_id", "token_sha256", name=op.f("pk_known_device")),
    )
    op.create_table(
        "password",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("argon2", sa.String(length=200), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_password_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password")),
    )
    op.create_table(
        "qr_login",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("flow_id", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), nullable=True),
        sa.Column("refused_ms", sa.BigInteger(), nullable=True),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_qr_login_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_login")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_qr_login_token_sha256")),
    )
    op.create_index(op.f("ix_qr_login_flow_id"), "qr_login", ["flow_id"], unique=False)
