"""A list that is too long to be parsed as a whole."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from moorage.arguments import list_of
from moorage.errors import InvalidAnswer
from moorage.request import Request
from moorage.response import Response
from moorage.wire.message import read_json

ITEMS = [
    {"Id": f"{n:064x}", "Labels": {f"label{i}": str(n) for i in range(9)}} for n in range(30_000)
]
BODY = json.dumps(ITEMS, separators=(",", ":")).encode()


def item(data: dict[str, Any]) -> str:
    return str(data["Id"]).lstrip("0")


def read(body: bytes) -> list[str]:
    request = Request(operation="ThingList", method="GET", path="/things", decode=list_of(item))
    return read_json(request, Response(200, {}, body))


def test_it_is_decoded_in_little_memory() -> None:
    wanted = [item(each) for each in ITEMS]
    tracemalloc.start()
    try:
        assert read(BODY) == wanted
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # It is kept as text, beside what is returned; its objects would take 10 times as much.
    assert peak < 3 * len(BODY)


def test_one_that_is_not_written_as_engines_do_is_read_too() -> None:
    indented = json.dumps(ITEMS, indent=1).encode()
    assert read(indented) == [item(each) for each in ITEMS]
    # Cuts before these are wrong.
    nested = [{"Id": "1", "Labels": [{"Id": each["Id"]} for each in ITEMS]}]
    assert read(json.dumps(nested, separators=(",", ":")).encode()) == ["1"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BODY[:-1], "ThingList: the response is not JSON$"),
        (BODY + b"]", "ThingList: the response is not JSON$"),
        (BODY[:-1] + b",]", "ThingList: the response is not JSON$"),
        (BODY[:-1] + b",7]", "an object was expected, not int"),
        (BODY[:-1] + b",{}]", "unexpected shape .KeyError"),
        (b'{"things": ' + BODY + b"}", "a list was expected, not dict"),
    ],
    ids=["cut", "followed", "comma", "number", "lacking", "object"],
)
def test_what_is_wrong_with_it_is_said(body: bytes, words: str) -> None:
    with pytest.raises(InvalidAnswer, match=words) as caught:
        read(body)
    assert len(str(caught.value)) < 200


def test_what_is_no_list_of_objects_is_read_as_ever() -> None:
    space = b" " * len(BODY)
    assert read(b"null" + space) == []
    assert read(b"[]" + space) == []
    assert read("\ufeff".encode() + BODY) == read(BODY)
