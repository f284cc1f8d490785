"""Messages named by many ``(chat, seq)`` keys at once, as one list that a statement joins. Decides nothing.

SQLite reads a whole table for a row-value ``IN``, and refuses a thousand ``OR``; the list is looked up by the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, column, values


def among(
    query: Select[Any], chat: ColumnElement[int], seq: ColumnElement[int], keys: Iterable[tuple[int, int]]
) -> Select[Any]:
    """Of the query's rows those whose ``chat`` and ``seq`` are one of the keys. At least one is given."""
    listed = values(column("chat_id", BigInteger), column("seq", BigInteger), name="keys")
    wanted = listed.data(list(dict.fromkeys((one, number) for one, number in keys))).cte("wanted")
    return query.join(wanted, and_(wanted.c.chat_id == chat, wanted.c.seq == seq))
