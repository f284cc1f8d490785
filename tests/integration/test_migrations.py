"""The migrations and the table definitions say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import storage.auth_tables
import storage.file_tables
import storage.school_tables  # its tables join the same metadata
from storage.db import Database
from storage.tables import metadata

assert storage.auth_tables.metadata is storage.school_tables.metadata is metadata
BESIDE = {"search_row.stems", "ix_search_row_stems"}
"""PostgreSQL's own column and index of stems: SQLite has a virtual table instead, so no Table names them."""


async def test_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    """Architecture §5: a column in ``storage.tables`` without a migration, or the other way round, fails here."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _ours})
        return list(compare_metadata(context, metadata))

    assert await database.read(differences) == []


def _ours(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    if kind == "table":
        return not (name or "").startswith(("search_fts", "alembic_version"))
    table = getattr(getattr(item, "table", None), "name", "")
    return name not in BESIDE and f"{table}.{name}" not in BESIDE
