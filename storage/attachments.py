"""Files that messages hold: rows to wire values, who holds a file, letting go. Decides no right but ``may_read``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from rtserver.wire.types import Attachment

from . import file_tables as f
from . import tables as t
from .ids import wire_id
from .keys import among
from .uploads import count_usage

Key = tuple[int, int]
a, b, c = f.attachment.c, f.blob.c, f.file.c
_SHOWN = (
    c.id, c.name, c.voice, c.size, c.account_id, c.school_id, c.blob_id, c.created_ms, c.saved, b.kind, b.media_type,
    b.width, b.height, b.duration_ms, b.waveform, b.previews, b.scanned, b.hash,
)  # fmt: skip


def wire_attachment(row: Any) -> Attachment:
    kind: Any = "voice" if row.voice and row.kind == "audio" else row.kind
    return Attachment(
        id=wire_id(row.id),
        name=row.name,
        size=row.size,
        kind=kind,  # the column holds FileKind
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        duration_ms=row.duration_ms,
        waveform=list(row.waveform or b""),
        preview=row.previews,
        scanned=row.scanned,
    )


def shown_files() -> Any:
    """Files with what is shown of their bytes."""
    return select(*_SHOWN).join(f.blob, b.id == c.blob_id)


def of_kinds(kinds: Collection[str]) -> ColumnElement[bool]:
    """The wire's kinds as the tables hold them: a voice message is sound that was sent as one."""
    plain = [one for one in kinds if one not in ("voice", "audio")]
    wanted: list[ColumnElement[bool]] = [b.kind.in_(plain)]
    if "voice" in kinds:
        wanted.append(and_(b.kind == "audio", c.voice))
    if "audio" in kinds:
        wanted.append(and_(b.kind == "audio", ~c.voice))
    return or_(*wanted)


def load_files(connection: Connection, files: Collection[int]) -> dict[int, Row[Any]]:
    if not files:
        return {}
    return {row.id: row for row in connection.execute(shown_files().where(c.id.in_(list(files))))}


def attachments_of(connection: Connection, keys: Collection[Key]) -> dict[Key, list[Attachment]]:
    """Attachments by ``(chat, seq)`` in their order; messages without any are left out."""
    if not keys:
        return {}
    found: dict[Key, list[Attachment]] = defaultdict(list)
    named = among(select(a.chat_id, a.seq, *_SHOWN).select_from(f.attachment), a.chat_id, a.seq, keys)
    query = named.join(f.file, c.id == a.file_id).join(f.blob, b.id == c.blob_id)
    for row in connection.execute(query.order_by(a.chat_id, a.seq, a.place)):
        found[row.chat_id, row.seq].append(wire_attachment(row))
    return found


def files_of(connection: Connection, chat: int, seq: int) -> list[int]:
    """Ids of a message's files in their order."""
    return list(
        connection.execute(select(a.file_id).where(a.chat_id == chat, a.seq == seq).order_by(a.place)).scalars()
    )


def attach(connection: Connection, chat: int, seq: int, files: Sequence[int]) -> None:
    """A message holds files from now on. No byte is copied, however often a file is forwarded."""
    if files:
        connection.execute(
            insert(f.attachment),
            [{"chat_id": chat, "seq": seq, "place": place, "file_id": one} for place, one in enumerate(files)],
        )
        connection.execute(update(f.file).where(c.id.in_(list(files))).values(idle_ms=None))


def detach(connection: Connection, chat: int, seqs: Collection[int]) -> list[int]:
    """Messages hold their files no more; those that nothing holds now are removed. Gives the removed ones."""
    on = and_(a.chat_id == chat, a.seq.in_(list(seqs)))
    files = set(connection.execute(select(a.file_id).where(on)).scalars())
    if not files:
        return []
    connection.execute(delete(f.attachment).where(on))
    left = files - held(connection, files)
    for one in left:
        remove_file(connection, one)
    return sorted(left)


def held(connection: Connection, files: Collection[int]) -> set[int]:
    """Those of the files that a message, a waiting post or My documents still holds."""
    wanted = list(files)
    p = f.pending_file.c
    found = set(connection.execute(select(a.file_id).where(a.file_id.in_(wanted)).distinct()).scalars())
    found |= set(connection.execute(select(p.file_id).where(p.file_id.in_(wanted)).distinct()).scalars())
    found |= set(connection.execute(select(c.id).where(c.id.in_(wanted), c.saved)).scalars())
    return found


def remove_file(connection: Connection, file: int) -> None:
    """The row goes and its space is free; bytes that no file shares any more are swept from the disk afterwards."""
    row = connection.execute(select(c.account_id, c.school_id, c.size).where(c.id == file)).first()
    if row is not None:
        connection.execute(delete(f.file).where(c.id == file))
        count_usage(connection, row.account_id, row.school_id, -row.size)


def may_read(connection: Connection, account: int, file: int) -> bool:
    """The owner, and whoever is in a chat where a message holds the file, if that message is theirs to see. A link is
    not enough; the right ends with membership and with the message.
    """
    owner = connection.execute(select(c.account_id).where(c.id == file)).scalar()
    if owner is None:
        return False
    if owner == account:
        return True
    now, then = t.membership.alias(), t.membership.alias()
    return (
        connection.execute(
            select(a.file_id)
            .join(now, and_(now.c.chat_id == a.chat_id, now.c.account_id == account, now.c.to_seq.is_(None)))
            .join(
                then,
                and_(
                    then.c.chat_id == a.chat_id,
                    then.c.account_id == account,
                    then.c.from_seq <= a.seq,
                    or_(then.c.to_seq.is_(None), then.c.to_seq >= a.seq),
                ),
            )
            .where(a.file_id == file)
            .limit(1)
        ).first()
        is not None
    )


def same_content(connection: Connection, school: int, digest: bytes, size: int) -> Row[Any] | None:
    """Bytes that the school holds already (E-9): a second copy is not stored."""
    if not school:
        return None
    return connection.execute(
        select(f.blob).where(b.school_id == school, b.hash == digest, b.size == size).limit(1)
    ).first()


def unshared_blobs(connection: Connection, limit: int) -> list[int]:
    """Bytes that no file stands for any more."""
    return list(
        connection.execute(
            select(b.id).where(~select(c.id).where(c.blob_id == b.id).correlate(f.blob).exists()).limit(limit)
        ).scalars()
    )


def drop_blobs(connection: Connection, blobs: Collection[int]) -> list[int]:
    """Forget bytes unless a file has come to share them meanwhile; gives those that are forgotten."""
    return list(
        connection.execute(
            delete(f.blob)
            .where(b.id.in_(list(blobs)), ~select(c.id).where(c.blob_id == b.id).correlate(f.blob).exists())
            .returning(b.id)
        ).scalars()
    )


def idle_files(connection: Connection, before_ms: int, limit: int) -> list[int]:
    """Finished files that nothing has held since then."""
    return list(connection.execute(select(c.id).where(c.idle_ms <= before_ms).limit(limit)).scalars())
