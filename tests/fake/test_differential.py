"""The fake engine beside a real one: generated sequences of calls get the same answers."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fake.differences import DIFFERENCES, listed
from tests.fake.differential import opened, play

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

DOCS = Path(__file__).parents[2] / "docs/testing.md"
CALLS = 120
MOST_ROWS = 25


@pytest.mark.usefixtures("private_machine")
def test_no_difference_that_is_not_listed(engines: Engines) -> None:
    """A few of the calls that `python -m tests.fake.differential` makes."""
    engine = engines.get("28.5")
    with ExitStack() as stack:
        pair = opened(stack, engine.host, engine.max_api, engine.min_api)
        play(pair, CALLS)
    assert pair.calls >= CALLS
    assert len(pair.operations) > 10
    assert pair.unlisted() == {}


def test_the_list_is_short() -> None:
    assert len(DIFFERENCES) <= MOST_ROWS


def test_the_documentation_has_the_list() -> None:
    found = re.search(
        r"## What a fake engine can't do\n\n.*?\n\n(.*?)\Z", DOCS.read_text(), re.DOTALL
    )
    assert found
    assert " ".join(found[1].split()) == " ".join(listed().split())
