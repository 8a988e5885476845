"""The fake engine beside a real one: generated sequences of calls get the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.fake.differences import DIFFERENCES, DOCS, document
from tests.fake.differential import Pair, clear, opened, play

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

CALLS = 120
MOST_ROWS = 25


@pytest.fixture(scope="module")
def pair(private_machine: None, engines: Engines) -> Iterator[Pair]:
    """A real engine and a fake one."""
    engine = engines.get("28.5")
    with ExitStack() as stack:
        yield opened(stack, engine.host, engine.max_api, engine.min_api)


def test_no_difference_that_is_not_listed(pair: Pair) -> None:
    """A few of the calls that `python -m tests.fake.differential` makes."""
    play(pair, CALLS)
    assert pair.calls >= CALLS
    assert len(pair.operations) > 10
    assert pair.unlisted() == {}


def test_no_row_that_is_no_difference(pair: Pair) -> None:
    clear(pair)
    try:
        assert pair.alike() == []
    finally:
        clear(pair)


def test_the_list_is_short() -> None:
    assert len(DIFFERENCES) <= MOST_ROWS


def test_the_documentation_has_the_list() -> None:
    """`python -m tests.fake.differences` writes it."""
    text = DOCS.read_text()
    assert document(text) == text
