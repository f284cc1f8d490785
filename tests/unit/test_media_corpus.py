"""The fuzzer's corpus: everything that it ever found of interest is run again."""

from __future__ import annotations

import pytest

from tests.fuzz.fuzz_media import CORPUS, one, seeds


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_the_corpus_breaks_no_parser(path: object) -> None:
    """Issue 6, transport: hostile datagrams change nothing."""
    one((CORPUS / str(path)).read_bytes())


def test_every_cut_of_a_good_packet_is_read_or_refused() -> None:
    for data in seeds().values():
        for end in range(len(data)):
            one(data[:end])
