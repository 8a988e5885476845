from __future__ import annotations

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moorage.errors import EngineError, InvalidAnswer
from moorage.wire.frames import FrameParser
from moorage.wire.http1 import (
    Chunked,
    Head,
    HeadParser,
    Length,
    UntilEnd,
    body,
    header_lines,
    request_head,
)
from tests.facade.test_parsers import PLACES, cut, frame

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
BODY = st.binary(max_size=300)


def chunks_of(pieces: list[bytes], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    made = b"".join(b"%x%b\r\n%b\r\n" % (len(each), extension, each) for each in pieces if each)
    return made + b"0\r\n" + trailer + b"\r\n"


@given(BODY, PLACES)
def test_any_chunking_gives_the_same_head(rest: bytes, places: list[int]) -> None:
    parser = HeadParser()
    found = None
    after = b""
    for piece in cut(HEAD + rest, places):
        if found is None:
            found = parser.feed(piece)
        else:
            after += piece
    assert found is not None
    head = found[0]
    assert (head.status, head.reason, head.keeps) == (200, "OK", True)
    assert head.headers == {"content-type": "a/b", "x-a": "1, 2"}
    assert found[1] + after == rest


@given(
    st.lists(BODY),
    st.sampled_from([b"", b";a=b", b" "]),
    st.sampled_from([b"", b"X-T: 1\r\n", b"A: b\r\nC: d\r\n"]),
    PLACES,
    BODY,
)
def test_any_chunking_gives_the_same_body(
    pieces: list[bytes], extension: bytes, trailer: bytes, places: list[int], after: bytes
) -> None:
    decoder = Chunked()
    got = b""
    for piece in cut(chunks_of(pieces, extension, trailer) + after, places):
        got += decoder.feed(piece)
    assert got == b"".join(pieces)
    assert decoder.ended


@given(st.lists(BODY.filter(bool), min_size=1), st.integers(0, 10_000), PLACES)
def test_a_body_that_is_cut_has_not_ended(
    pieces: list[bytes], place: int, places: list[int]
) -> None:
    whole = chunks_of(pieces)
    decoder = Chunked()
    got = b"".join(decoder.feed(each) for each in cut(whole[: place % len(whole)], places))
    assert b"".join(pieces).startswith(got)
    assert not decoder.ended


@given(
    st.lists(st.binary() | st.sampled_from([b"\r\n", b"5\r\nabcde\r\n", b"0\r\n", b"ffffff\r\n"]))
)
def test_garbage_gives_only_our_errors(pieces: list[bytes]) -> None:
    for parser in (Chunked(), HeadParser()):
        with contextlib.suppress(EngineError):
            for each in pieces:
                parser.feed(each)


@pytest.mark.parametrize(
    "data",
    [b"5\r\nabcdefg", b"x\r\n", b"\r\n", b"-1\r\n", b"0x5\r\nabcde", b"1_0\r\n", b"5" * 5000,
     b"f" * 16 + b"\r\n", b"5\r\nabcde\n5\r\n", b"5\r\nabcdeXX\r\n"],
)  # fmt: skip
def test_what_is_no_chunk(data: bytes) -> None:
    with pytest.raises(InvalidAnswer, match="malformed chunk"):
        Chunked().feed(data)


@pytest.mark.parametrize(
    "data",
    [b"SSH-2.0-x\r\n", b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 20 OK\r\n\r\n",
     b"HTTP/1.1 999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
     b"HTTP/1.1 200 OK\r\n folded: a\r\n\r\n",
     b"HTTP/1.1 200 OK\r\n: a\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 300_000],
)  # fmt: skip
def test_what_is_no_head(data: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        HeadParser().feed(data)


def test_what_announces_the_answer_is_skipped_but_for_the_upgrade() -> None:
    upgrade = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n"
    for final, status in ((HEAD, 200), (upgrade, 101)):
        found = HeadParser().feed(b"HTTP/1.1 100 Continue\r\n\r\n" + final + b"rest")
        assert found is not None
        assert (found[0].status, found[1]) == (status, b"rest")


@pytest.mark.parametrize(
    ("status", "headers", "kind", "ended"),
    [
        (101, {}, UntilEnd, False),
        (101, {"content-length": "0"}, UntilEnd, False),
        (200, {}, UntilEnd, False),
        (200, {"transfer-encoding": "Chunked"}, Chunked, False),
        (200, {"content-length": "3"}, Length, False),
        (200, {"content-length": "0"}, Length, True),
        (204, {}, Length, True),
        (304, {"content-length": "7"}, Length, True),
    ],
)
def test_how_a_body_is_framed(
    status: int, headers: dict[str, str], kind: type, ended: bool
) -> None:
    framed = body(Head(status, "", headers, keeps=True), "GET")
    assert type(framed) is kind
    assert (framed.ended, framed.open) == (ended, kind is UntilEnd)


@pytest.mark.parametrize("length", ["-1", "", "1e3", "\uff13", "1, 1", "9" * 5000])
def test_a_malformed_length(length: str) -> None:
    with pytest.raises(InvalidAnswer, match="Content-Length"):
        body(Head(200, "", {"content-length": length}, keeps=True), "GET")


def test_two_framings_at_once_are_refused() -> None:
    headers = {"transfer-encoding": "chunked", "content-length": "3"}
    with pytest.raises(InvalidAnswer, match="Transfer-Encoding"):
        body(Head(200, "", headers, keeps=True), "GET")


def test_a_response_to_head_has_no_body() -> None:
    assert body(Head(200, "", {"content-length": "7"}, keeps=True), "HEAD").ended


def test_a_length_ends_the_body() -> None:
    framed = Length(3)
    assert framed.feed(b"ab") == b"ab"
    assert not framed.ended
    assert framed.feed(b"cd") == b"c"
    assert framed.ended


@given(st.text(max_size=20))
def test_no_header_ends_its_line(value: str) -> None:
    with contextlib.suppress(EngineError):
        made = request_head("GET", "/x", header_lines({"Host": "h", "X-Value": value}))
        assert made.count(b"\r") == made.count(b"\n") == 4


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\0", "€"])
def test_a_header_that_is_refused_is_not_shown(value: str) -> None:
    with pytest.raises(EngineError, match="characters HTTP can't carry") as caught:
        header_lines({"X-Value": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y", "/\0", "/€"])
def test_no_target_ends_the_line(target: str) -> None:
    with pytest.raises(EngineError, match="characters HTTP can't carry"):
        request_head("GET", target, b"")


def test_nothing_is_allocated_ahead_for_what_a_header_claims() -> None:
    tracemalloc.start()
    try:
        frames, chunks = FrameParser(), Chunked()
        assert frames.feed(frame(1, b"")[:4] + b"\xff\xff\xff\xff") == []
        assert chunks.feed(b"fffffffff\r\n") == b""
        for _ in range(100):
            frames.feed(b"x")
            chunks.feed(b"x")
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
