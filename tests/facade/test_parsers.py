from __future__ import annotations

import contextlib
import json
import struct
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moorage.errors import EngineError, InvalidAnswer, OperationFailed, StreamInterrupted
from moorage.wire import json_list
from moorage.wire.frames import Frame, FrameParser
from moorage.wire.json_lines import JsonLines
from moorage.wire.lines import LineSplitter


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(marks)]


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", kind, len(data)) + data


PLACES = st.lists(st.integers(0, 10_000))
NAMES = ("stdin", "stdout", "stderr")
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.integers(0, 2), st.binary())), PLACES)
def test_any_chunking_gives_the_same_frames(
    frames: list[tuple[int, bytes]], places: list[int]
) -> None:
    parser = FrameParser()
    got: list[Frame] = []
    for chunk in cut(b"".join(frame(*each) for each in frames), places):
        got += parser.feed(chunk)
        parser.check()
    parser.close()
    assert got == [(NAMES[kind], data) for kind, data in frames]


LINES = st.lists(st.tuples(st.sampled_from(NAMES), st.text("ab\r \0").map(str.encode)))


@given(LINES, LINES, PLACES)
def test_any_chunking_gives_the_same_lines(
    whole: list[Any], ends: list[Any], places: list[int]
) -> None:
    splitter, last = LineSplitter(), dict(ends)
    got: list[Frame] = []
    sent = [(name, line + end) for name, line in whole for end in (b"\n", b"\r\n")]
    for name, data in [*sent, *last.items()]:
        for piece in cut(data, places):
            got += splitter.feed(Frame(name, piece))
    got += splitter.close()
    for name in NAMES:  # each stream's are in their order
        lines = [line + end for each, line in whole for end in (b"", b"\r") if each == name]
        expected = [line.removesuffix(b"\r") for line in lines]
        if last.get(name):
            expected.append(last[name])
        assert [line for stream, line in got if stream == name] == expected


@given(st.lists(st.binary()))
def test_garbage_gives_frames_only_our_errors(chunks: list[bytes]) -> None:
    feed_all(FrameParser(), chunks)


@given(st.lists(st.binary() | st.text('{}[]",:\\ \n\x1e\x001e.-tnul').map(str.encode)))
def test_garbage_gives_json_only_our_errors(chunks: list[bytes]) -> None:
    feed_all(JsonLines(), chunks)


def feed_all(parser: FrameParser | JsonLines, chunks: list[bytes]) -> None:
    try:
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()
    except EngineError:
        pass


@given(
    st.lists(DOCUMENTS),
    st.sampled_from(["\n", "\r\n", " ", "\n\x1e"]),
    st.sampled_from([None, 2]),
    st.booleans(),
    PLACES,
)
def test_any_chunking_gives_the_same_documents(
    documents: list[Any], between: str, indent: int | None, ascii: bool, places: list[int]
) -> None:
    text = between.join(json.dumps(each, indent=indent, ensure_ascii=ascii) for each in documents)
    got: list[Any] = []
    parser = JsonLines()
    for chunk in cut(text.encode("utf-8", "replace"), places):
        got += parser.feed(chunk)
        parser.check()
    got += parser.close()
    expected = json.loads(json.dumps(documents).encode("utf-8", "replace"))
    if ascii:
        assert got == expected
    else:
        assert len(got) == len(expected)


@given(st.lists(st.dictionaries(st.text(), DOCUMENTS)), PLACES)
def test_objects_need_nothing_between_them(documents: list[Any], places: list[int]) -> None:
    got: list[Any] = []
    parser = JsonLines()
    for chunk in cut("".join(map(json.dumps, documents)).encode(), places):
        got += parser.feed(chunk)
    assert got == documents
    assert parser.close() == []


def test_an_object_comes_as_soon_as_it_is_complete() -> None:
    parser = JsonLines()
    assert parser.feed(b'{"a": "}') == []
    assert parser.feed(b'\\"{"}') == [{"a": '}"{'}]
    assert parser.feed(b"1") == []
    assert parser.feed(b"2\n") == [12]


def test_a_document_cut_off_breaks_the_stream() -> None:
    parser = JsonLines("Events")
    assert parser.feed(b'{"a": 1}\n{"b":') == [{"a": 1}]
    with pytest.raises(StreamInterrupted, match=r"Events.*middle of a document"):
        parser.close()


@pytest.mark.parametrize("garbage", [b"<html>\n", b"}", b"{]", b"tru\n", b"[" * 9999 + b"]" * 9999])
def test_what_is_no_json_follows_what_is(garbage: bytes) -> None:
    parser = JsonLines()
    assert parser.feed(b'{"a": 1}\n' + garbage) == [{"a": 1}]
    with pytest.raises(InvalidAnswer, match="expected JSON"):
        parser.check()


def test_a_frame_cut_off_breaks_the_stream() -> None:
    parser = FrameParser("Logs")
    assert parser.feed(frame(1, b"a") + frame(2, b"b")[:-1]) == [("stdout", b"a")]
    with pytest.raises(StreamInterrupted, match=r"Logs.*middle of a frame"):
        parser.close()


@pytest.mark.parametrize("header", [b"\4\0\0\0\0\0\0\1", b"\1\0\1\0\0\0\0\1", b"total 12"])
def test_a_wrong_header_is_named(header: bytes) -> None:
    parser = FrameParser()
    assert parser.feed(frame(1, b"a") + header) == [("stdout", b"a")]
    with pytest.raises(InvalidAnswer) as caught:
        parser.check()
    assert repr(header) in str(caught.value)


def test_an_error_of_the_engine_ends_the_frames() -> None:
    parser = FrameParser()
    assert parser.feed(frame(1, b"a") + frame(3, b"no log driver\n")) == [("stdout", b"a")]
    with pytest.raises(OperationFailed, match="no log driver"):
        parser.check()


def joined(text: str, size: int) -> list[Any]:
    with mock.patch.object(json_list, "_PIECE", size):
        return [item for piece in json_list.list_pieces(text) for item in json.loads(piece)]


OBJECTS = st.lists(st.dictionaries(st.sampled_from(["a", '"},{"', "}"]), DOCUMENTS))


@given(OBJECTS, st.integers(0, 50), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_pieces_of_a_list_are_the_list_or_no_json(
    items: list[Any], size: int, separators: tuple[str, str]
) -> None:
    text = json.dumps(items, separators=separators)
    with contextlib.suppress(ValueError):  # a cut may be wrong, but is never taken for a right one
        assert joined(text, size) == items


ALIKE = st.tuples(st.integers(), st.text()).map(
    lambda each: dict(zip(("Id", "a"), each, strict=True))
)


@given(st.lists(ALIKE), st.integers(0, 50))
def test_a_list_of_objects_that_begin_alike_is_cut_well(items: list[Any], size: int) -> None:
    text = json.dumps(items, separators=(",", ":")) + "\n"
    assert joined(text, size) == items
    if items:
        with mock.patch.object(json_list, "_PIECE", 0):
            assert len([*json_list.list_pieces(text)]) == len(items)


@given(st.lists(st.dictionaries(st.text("a,]}"), st.integers(0, 9)), max_size=3), st.data())
def test_a_spoiled_list_is_spoiled_in_pieces(items: list[Any], data: st.DataObject) -> None:
    text = json.dumps(items, separators=(",", ":"))
    place = data.draw(st.integers(0, len(text)))
    put = data.draw(st.sampled_from(["", "[", "]", ",", "{", "}", " ", "1", "\0", "\ufeff"]))
    text = text[:place] + put + text[place + data.draw(st.integers(0, 2)) :]
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    try:
        found = joined(text, data.draw(st.integers(0, 9)))
    except ValueError:
        return
    assert found == whole
