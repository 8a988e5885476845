"""The soak of benchmarks/soak.py, in small."""

from __future__ import annotations

import pytest

from benchmarks.soak import soak


@pytest.mark.usefixtures("private_machine")
def test_every_call_ends_while_the_engine_is_restarted() -> None:
    outcome = soak(calls=1500, restarts=1)
    assert outcome.complaints() == []
    assert outcome.kinds["result"] > 300
    assert outcome.kinds["ConnectionFailed"] > 0
