"""The rules of tus 1.0.0: literal headers first, then any headers at all."""

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtserver.wire.errors import AppError
from storage import tus

GIB4 = 4_294_967_296
LIMITS = tus.Limits(GIB4, 7)
BODY = {"Content-Type": "application/offset+octet-stream"}


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(AppError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.code


def test_four_gib_pass_and_one_byte_more_does_not() -> None:
    """R-90, D7: before a byte is sent, and again when a deferred length is told."""
    assert tus.check_create({"Upload-Length": str(GIB4)}, LIMITS).length == GIB4
    assert refused(tus.check_create, {"Upload-Length": str(GIB4 + 1)}, LIMITS) == "file_too_big"
    deferred = tus.State("whole", 0, None, GIB4)
    told = {**BODY, "Upload-Offset": "0"}
    assert tus.check_patch(deferred, {**told, "Upload-Length": str(GIB4)}, LIMITS).length == GIB4
    assert refused(tus.check_patch, deferred, {**told, "Upload-Length": str(GIB4 + 1)}, LIMITS) == "file_too_big"
    assert refused(tus.check_patch, deferred, {**told, "Content-Length": str(GIB4 + 1)}, LIMITS) == "file_too_big"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "tus_header_invalid"),
        ({"Upload-Length": "-1"}, "tus_header_invalid"),
        ({"Upload-Length": "٣"}, "tus_header_invalid"),
        ({"Upload-Length": "1", "Upload-Defer-Length": "1"}, "tus_header_invalid"),
        ({"Upload-Defer-Length": "2"}, "tus_header_invalid"),
        ({"Upload-Length": "1", "Upload-Concat": "final;/uploads/1"}, "tus_header_invalid"),
        ({"Upload-Concat": "final;"}, "tus_header_invalid"),
        ({"Upload-Concat": "final;/uploads/1 /uploads/1"}, "tus_header_invalid"),
        ({"Upload-Concat": "final;http://[ /uploads/1"}, "tus_header_invalid"),
        ({"Upload-Length": "1", "Upload-Metadata": "name !!!"}, "tus_header_invalid"),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, "tus_header_invalid"),
        ({"Upload-Length": "9", "Content-Length": "3"}, "tus_content_type"),
        ({**BODY, "Upload-Length": "2", "Content-Length": "3"}, "upload_length_mismatch"),
        ({**BODY, "Upload-Length": "9", "Content-Length": "3", "Upload-Checksum": "md5 YQ=="}, "checksum_unsupported"),
        ({**BODY, "Upload-Length": "9", "Content-Length": "3", "Upload-Checksum": "sha1 YQ=="}, "tus_header_invalid"),
    ],
)
def test_creations_that_are_refused(headers: dict[str, str], code: str) -> None:
    """E-9: §Creation, §Concatenation, §Checksum."""
    assert refused(tus.check_create, headers, LIMITS) == code


def test_creations_that_are_understood() -> None:
    """E-9: a whole upload, a deferred one with its first bytes, parts, and what is joined of them."""
    name = base64.b64encode("Контрольная.pdf".encode()).decode()
    made = tus.check_create({"Upload-Length": "0", "Upload-Metadata": f"filename {name},empty"}, LIMITS)
    assert (made.kind, made.length, made.body) == ("whole", 0, False)
    assert made.metadata == {"filename": "Контрольная.pdf", "empty": ""}
    first = tus.check_create({**BODY, "Upload-Defer-Length": "1", "Transfer-Encoding": "chunked"}, LIMITS)
    assert (first.length, first.body) == (None, True)
    assert tus.check_create({"Upload-Length": "5", "Upload-Concat": "partial"}, LIMITS).kind == "part"
    final = tus.check_create({"Upload-Concat": "final;http://x/uploads/11?a=1 /uploads/12/"}, LIMITS)
    assert (final.kind, final.parts) == ("final", ("11", "12"))


def test_patches() -> None:
    """E-9: §PATCH: 409 with the server's offset, no byte past the length, 415 for another type."""
    state = tus.State("whole", 10, 100, 100)
    good = {**BODY, "Upload-Offset": "10", "Content-Length": "90"}
    assert tus.check_patch(state, good, LIMITS) == tus.Patch(10, 100, 90, 90)
    with pytest.raises(AppError) as caught:
        tus.check_patch(state, {**good, "Upload-Offset": "9"}, LIMITS)
    assert (caught.value.code, caught.value.fields) == ("upload_offset_mismatch", {"offset": 10})
    assert refused(tus.check_patch, state, {**good, "Content-Length": "91"}, LIMITS) == "upload_length_mismatch"
    assert refused(tus.check_patch, state, {**good, "Content-Type": "text/plain"}, LIMITS) == "tus_content_type"
    assert refused(tus.check_patch, state, {**good, "Upload-Length": "99"}, LIMITS) == "tus_header_invalid"
    assert refused(tus.check_patch, state, BODY, LIMITS) == "tus_header_invalid"
    assert refused(tus.check_patch, tus.State("final", 9, 9, 9), good, LIMITS) == "upload_is_final"
    short = tus.State("whole", 10, None, 100)
    assert refused(tus.check_patch, short, {**good, "Upload-Length": "9"}, LIMITS) == "tus_header_invalid"
    last = tus.check_patch(short, {**good, "Upload-Length": "10", "Content-Length": "0"}, LIMITS)
    assert (last.length, last.most, last.declares) == (10, 0, True)


def test_joined_uploads() -> None:
    """E-9: §Concatenation: parts only, finished ones only, together no more than one file."""
    assert tus.check_final([("part", True, 5), ("part", True, 6)], LIMITS) == 11
    assert refused(tus.check_final, [("whole", True, 5)], LIMITS) == "tus_header_invalid"
    assert refused(tus.check_final, [("part", False, 5)], LIMITS) == "upload_parts_unfinished"
    assert refused(tus.check_final, [("part", True, GIB4), ("part", True, 1)], LIMITS) == "file_too_big"


def test_method_override_and_version() -> None:
    """E-9: POST speaks for PATCH, HEAD and DELETE; nothing else does, and no other method is replaced."""
    assert tus.method_of("POST", {"X-HTTP-Method-Override": "patch"}) == "PATCH"
    assert tus.method_of("GET", {"X-HTTP-Method-Override": "DELETE"}) == "GET"
    assert refused(tus.method_of, "POST", {"X-HTTP-Method-Override": "CONNECT"}) == "tus_header_invalid"
    assert refused(tus.check_version, {"Tus-Resumable": "0.2.2"}) == "tus_version_unsupported"


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Upload-Length", "Upload-Offset", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat",
            "Upload-Checksum", "Content-Type", "Content-Length", "Transfer-Encoding",
        ]
    ),
    st.one_of(
        st.text(max_size=40),
        st.integers(-5, 2**60).map(str),
        st.sampled_from(["partial", "final;/uploads/1 2", "sha1 YQ==", BODY["Content-Type"], "chunked"]),
    ),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text loads Unicode's tables
@given(HEADERS, st.integers(0, GIB4), st.none() | st.integers(0, GIB4))
def test_any_headers_get_a_decision_within_the_limits(headers: dict[str, str], offset: int, length: int | None) -> None:
    """E-9, D7: whatever comes, the answer is a code or a decision that keeps every bound."""
    try:
        made = tus.check_create(headers, LIMITS)
        assert made.kind == "final" or made.length is None or 0 <= made.length <= GIB4
    except AppError as error:
        assert 400 <= error.spec.status < 500
    state = tus.State("whole", min(offset, length if length is not None else offset), length, length or GIB4)
    try:
        patch = tus.check_patch(state, headers, LIMITS)
    except AppError as error:
        assert 400 <= error.spec.status < 500
    else:
        assert patch.offset == state.offset
        assert 0 <= patch.most <= GIB4 - patch.offset
        assert patch.size is None or patch.size <= patch.most
        assert patch.length is None or patch.length >= patch.offset


@settings(suppress_health_check=[HealthCheck.too_slow])  # as above
@given(st.dictionaries(st.from_regex(r"\A[a-z]{1,8}\Z"), st.text(max_size=60), max_size=5))
def test_metadata_comes_back(values: dict[str, str]) -> None:
    """E-9: §Upload-Metadata, any text."""
    header = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    assert tus.parse_metadata(header) == values
