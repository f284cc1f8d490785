"""Places, schools' requests, lists, invites, applications, consents, the journal and pictures of people."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_tables()
    _seal_journal()


def downgrade() -> None:
    raise NotImplementedError("the data of schools is not dropped")


def _seal_journal() -> None:
    """An entry is written once (E-14): the database itself refuses to change it. Retention may remove old ones."""
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        bind.exec_driver_sql(
            "CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
    else:
        bind.exec_driver_sql(
            "CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
        )
        bind.exec_driver_sql(
            "CREATE TRIGGER journal_is_append_only BEFORE UPDATE ON journal"
            " FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()"
        )


def _create_tables() -> None:
    op.create_table(
        "locality",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("district", sa.String(length=120), server_default="", nullable=False),
        sa.Column("region", sa.String(length=120), server_default="", nullable=False),
        sa.Column("population", sa.Integer(), server_default="0", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locality")),
    )
    op.create_table(
        "avatar",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("webp", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_avatar_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_avatar")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("given_ms", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["account.id"], name=op.f("fk_consent_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["account.id"], name=op.f("fk_consent_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_child_id"), "consent", ["child_id"], unique=False)
    op.create_index(op.f("ix_consent_parent_id"), "consent", ["parent_id"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("ts_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_journal_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_school", "journal", ["school_id", "id"], unique=False)
    op.create_table(
        "parent_link",
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["account.id"], name=op.f("fk_parent_link_child_id")),
        sa.PrimaryKeyConstraint("child_id", name=op.f("pk_parent_link")),
    )
    op.create_table(
        "school_request",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("applicant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("locality_id", sa.BigInteger(), nullable=True),
        sa.Column("place", sa.String(length=300), server_default="", nullable=False),
        sa.Column("school_number", sa.String(length=40), server_default="", nullable=False),
        sa.Column("position", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.String(length=160), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["applicant_id"], ["account.id"], name=op.f("fk_school_request_applicant_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_request_school_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_school_request")),
    )
    op.create_index(op.f("ix_school_request_applicant_id"), "school_request", ["applicant_id"], unique=False)
    op.create_table(
        "roster",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        sa.Column("last_name", sa.String(length=80), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("patronymic", sa.String(length=80), server_default="", nullable=False),
        sa.Column("name_fold", sa.String(length=260), nullable=False),
        sa.Column("birth_date", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_roster_account_id")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_roster_class_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_roster_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("school_id", "name_fold", "birth_date", name=op.f("uq_roster_school_id")),
    )
    op.create_index(op.f("ix_roster_class_id"), "roster", ["class_id"], unique=False)
    op.create_index(op.f("ix_roster_school_id"), "roster", ["school_id"], unique=False)
    op.create_table(
        "invite",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("roster_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_invite_class_id")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_invite_created_by")),
        sa.ForeignKeyConstraint(["roster_id"], ["roster.id"], name=op.f("fk_invite_roster_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_invite_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("roster_id", name=op.f("uq_invite_roster_id")),
    )
    op.create_index(op.f("ix_invite_class_id"), "invite", ["class_id"], unique=False)
    op.create_index(op.f("ix_invite_school_id"), "invite", ["school_id"], unique=False)
    op.create_table(
        "application",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("school_id", sa.BigInteger(), nullable=False),
        sa.Column("class_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("invite_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_application_account_id")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_application_class_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_application_decided_by")),
        sa.ForeignKeyConstraint(["invite_id"], ["invite.id"], name=op.f("fk_application_invite_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_application_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    op.create_index(op.f("ix_application_account_id"), "application", ["account_id"], unique=False)
    op.create_index("ix_application_school", "application", ["school_id", "status", "created_ms"], unique=False)
    op.add_column("account", sa.Column("gender", sa.String(length=8), server_default="", nullable=False))
    op.add_column("school", sa.Column("locality_id", sa.BigInteger(), nullable=True))
    op.add_column("school", sa.Column("place", sa.String(length=300), server_default="", nullable=False))
    op.create_index(op.f("ix_school_locality_id"), "school", ["locality_id"], unique=False)
    op.add_column("school_class", sa.Column("closed", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("school_class", sa.Column("archived_ms", sa.BigInteger(), nullable=True))
