"""Calls that are cancelled, and calls that are interrupted, by the thousand: nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.facade.storm import CALLS, KEPT

_PROGRAM = [sys.executable, "-m", "tests.facade.storm"]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "s")
    with subprocess.Popen(
        [*_PROGRAM, "peer", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield path
        process.stdin.close()


def run(*arguments: str) -> Any:
    """Run a program; returns what it prints. One that hangs shows where, and fails."""
    done = subprocess.run(
        [*_PROGRAM, *arguments], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelled_calls_leave_no_connection(peer: str, backend: str) -> None:
    found = run("cancel", peer, "1", backend)
    assert found["kept"] <= KEPT
    assert found["left"] == 0
    assert found["after connecting"] == 0
    assert found["cancelled"] >= CALLS


@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
def test_interrupted_calls_end_and_leave_no_connection(peer: str, seed: str) -> None:
    found = run("interrupt", peer, seed)
    assert found["errors"] == []
    assert found["kept"] <= KEPT
    assert found["left"] == 0
