"""Who may write in a chat and how often, and links that let people join it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat", sa.Column("write_policy", sa.String(length=8), nullable=False, server_default="everyone"))
    op.add_column("chat", sa.Column("slow_s", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "chat_link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("uses_max", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_chat_link_token_sha256")),
    )
    op.create_index(op.f("ix_chat_link_chat_id"), "chat_link", ["chat_id"])


def downgrade() -> None:
    raise NotImplementedError("links are not dropped")
