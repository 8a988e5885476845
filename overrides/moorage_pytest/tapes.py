"""Recordings of tests: a file for each test, at each version, on each engine."""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from moorage_pytest.node_ids import row_of
from moorage_pytest.sandbox import Mark
from moorage_pytest.target import EngineTarget, TestedHost

__all__ = ["Tapes"]

_RUN = "recorded"
_UNSAFE = re.compile(r"[^\w.=]+")


class Tapes:
    """The recordings of `--engine-record` and `--engine-replay`.

    Attributes:
        names: Whether names and labels of sandboxes are the same in each run.
    """

    def __init__(
        self, record: str | None, replay: str | None, worker: dict[str, Any] | None
    ) -> None:
        self.names: bool = bool(record or replay)
        self._folder = Path(record) if record else None
        self._session = f"session-{worker['workerid']}" if worker else "session"

    @property
    def run_mark(self) -> Mark | None:
        """The label of all sandboxes of recorded tests; None without recordings."""
        return Mark(_RUN) if self.names else None

    def mark(self, node_id: str) -> Mark:
        """Make the label of a test's sandbox."""
        digest = hashlib.sha256(node_id.encode()).hexdigest()[:12]
        return Mark(_RUN, f"{_RUN}-{digest}")

    def record(self, host: TestedHost, stack: contextlib.ExitStack) -> None:
        """Put a recorder in front of an open engine."""
        if self._folder is None or host.tape or host.opened is None or host.opened.failure:
            return
        from moorage.testing import Recorder
        from moorage_pytest.opening import open_host

        recorder = Recorder(host.opened.url, self._folder / host.name, name=self._session)
        host.tape = stack.enter_context(recorder)
        # The first requests of a replay.
        open_host(TestedHost(host.name, url=recorder.host), stack)
        host.opened = evolve(host.opened, url=recorder.host)

    def begin(self, item: pytest.Item, target: EngineTarget) -> None:
        """Begin a test's recording, or its replay."""
        if target.tested.tape is not None:
            target.tested.tape.begin(_name(item, target))

    def end(self, target: EngineTarget) -> None:
        """End a test's recording; a replay checks that it had all requests."""
        from moorage.testing import Recorder

        tape = target.tested.tape
        if isinstance(tape, Recorder):
            tape.resume(self._session)
        elif tape is not None:
            tape.end()
            tape.check()


def _name(item: pytest.Item, target: EngineTarget) -> str:
    row = row_of(item.nodeid, target.id).replace("::", "/")
    return f"{target.requested}/" + "/".join(_UNSAFE.sub("-", each) for each in row.split("/"))
