"""The right side of each row for users of aiodocker sends what the row says."""

from __future__ import annotations

import contextlib
import re
from textwrap import indent
from typing import Any

import anyio
import pytest

from moorage import RegistryAuth
from moorage_api import newest
from tests.docs.tables import AIODOCKER, Row, rows
from tests.facade.recorder import recorded

ROWS = rows(AIODOCKER)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.theirs)
def test_what_is_sent(row: Row) -> None:
    engine, recorder = recorded(newest.AsyncEngine)
    given: dict[str, Any] = {
        "auth": RegistryAuth("me", "secret", "registry.example"),
        "context": b"",
        "engine": engine,
        "labels": {},
        "task": newest.TaskSpec(),
    }
    exec("async def send():\n" + indent(row.ours, "    "), given)
    with contextlib.suppress(TypeError, RuntimeError):  # there is no answer to wait for
        anyio.run(given["send"])
    method, _, path = row.more.strip("`").partition(" ")
    assert recorder.sent.method == method
    assert re.fullmatch(re.sub(r"{\w+}", "[^/]+(/web)?", path), recorder.sent.path)


def test_there_are_enough() -> None:
    assert len(ROWS) >= 80
