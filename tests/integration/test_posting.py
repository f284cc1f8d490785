"""Posts of one batch: each gets its own outcome, whatever stands beside it."""

from __future__ import annotations

import asyncio

from rtserver.chat.posting import Post
from rtserver.wire.errors import AppError
from storage.ids import parse_id
from storage.verify import verify
from tests.house import House


async def test_a_batch_of_any_size_tells_strangers_repeats_and_posts_apart(house: House) -> None:
    """E-1, E-14: 1…9 posts at once, among them a stranger's, a repeat of an earlier nonce and one within the batch."""
    teacher, student = await house.person("teacher", "7А"), await house.person("student", "7А")
    stranger = await house.person("student", "7Б")
    chat = parse_id(await house.group(teacher, [student]))
    first = await house.service.post(Post(chat, student, "nonce-first", "раз"))
    for size in range(1, 7):
        fresh = [Post(chat, teacher, f"nonce-{size}-{n}", f"{size}.{n}") for n in range(size)]
        others = [
            Post(chat, stranger, f"nonce-{size}-s", "чужое"),
            Post(chat, student, "nonce-first", "раз"),
            fresh[0],
            Post(chat, student, "nonce-first", "раз", reply_to=first.seq),
        ]
        results = await asyncio.gather(*map(house.service.post, [*fresh, *others]), return_exceptions=True)
        seqs = [result.seq for result in results[:size]]
        assert seqs == list(range(seqs[0], seqs[0] + size))
        refused, repeat, twin, reused = results[size:]
        assert isinstance(refused, AppError)
        assert refused.code == "not_member"
        assert repeat == first
        assert twin == results[0]
        assert isinstance(reused, AppError)
        assert reused.code == "nonce_reused"
    assert (await house.database.read(verify)).faults == []
