"""`moorage top` on a fake engine: in a terminal, and where there is none."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import pyte
import pytest

import moorage
from moorage.cli import main
from moorage.cli.measuring import watch
from moorage.cli.status import DONE, FAILED, INTERRUPTED
from moorage.cli.usage import Usage
from moorage.testing import FakeEngine
from moorage_api import newest
from tests.facade.peer import Peer, answer, chunked

LINES, COLUMNS = 12, 110


@pytest.fixture
def fake() -> Iterator[FakeEngine]:
    with FakeEngine("1.44") as fake:
        fake.image("app")
        yield fake


def stats(**more: object) -> Usage:
    return Usage.of(newest.ContainerStatsResponse.from_dict({"name": "/web", **more}))


def cpu(used: int, system: int, **more: int) -> dict[str, object]:
    return {"cpu_usage": {"total_usage": used}, "system_cpu_usage": system, **more}


def test_processor_time() -> None:
    before = cpu(100, 1_000)
    assert stats(cpu_stats=cpu(200, 2_000, online_cpus=4), precpu_stats=before).cpu == 40
    assert stats(cpu_stats=cpu(200, 2_000), precpu_stats=before).cpu == 10
    assert stats(cpu_stats=cpu(200, 2_000, online_cpus=4)).cpu == 0
    # The container was restarted in between.
    assert stats(cpu_stats=cpu(50, 2_000, online_cpus=4), precpu_stats=before).cpu == 0


def test_memory_without_what_the_kernel_can_take_back() -> None:
    for cache in ("inactive_file", "total_inactive_file"):
        used = stats(memory_stats={"usage": 300, "limit": 400, "stats": {cache: 100}})
        assert (used.memory, used.limit) == (200, 400)
        assert used.cells()[2:4] == ("200B / 400B", "50.00%")
    assert stats(memory_stats={"usage": 300, "stats": {"inactive_file": 900}}).memory == 300


def test_sums() -> None:
    blocks = [{"op": "Read", "value": 1}, {"op": "read", "value": 2}, {"op": "write", "value": 5}]
    used = stats(
        networks={"eth0": {"rx_bytes": 1, "tx_bytes": 2}, "eth1": {"rx_bytes": 10, "tx_bytes": 20}},
        blkio_stats={"io_service_bytes_recursive": blocks},
        pids_stats={"current": 7},
    )
    assert used.cells()[4:] == ("11B / 22B", "3B / 5B", "7")


def test_what_an_engine_does_not_measure_is_nothing() -> None:
    assert stats().cells() == ("web", "0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0")


def test_an_engine_that_ends_its_events() -> None:
    async def watched(host: str) -> None:
        async with moorage.connect_async(newest.AsyncEngine, host=host) as engine:
            await watch(engine, {})

    with Peer(chunked(), answer(200, [])) as peer, pytest.RaisesGroup(moorage.ConnectionFailed):
        anyio.run(watched, peer.host)


def test_without_a_terminal(fake: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    with moorage.connect(host=fake.host) as engine, engine.running("app", ["sleep", "60"]):
        name = engine.containers.list()[0].names[0].removeprefix("/")
        assert main(["top", "--host", fake.host]) == DONE
    head, row = capsys.readouterr().out.splitlines()
    assert head.startswith("NAME")
    assert head.split("  ")[-1].strip() == "PIDS"
    assert row.split()[0] == name
    assert "1.049MB / 1.074GB" in row


def test_an_engine_that_fails(fake: FakeEngine, capsys: pytest.CaptureFixture[str]) -> None:
    with moorage.connect(host=fake.host) as engine, engine.running("app", ["sleep", "60"]):
        fake.fail("containers.stats", 500, "no\x1b[31m cgroup")
        assert main(["top", "--host", fake.host]) == FAILED
    said = capsys.readouterr().err
    assert said.startswith("moorage top: ")
    assert r"no\x1b[31m cgroup" in said
    assert main(["top", "--host", "unix:///nowhere"]) == FAILED
    assert "moorage top: " in capsys.readouterr().err


class Terminal:
    """The command on a terminal of its own, whose screen is read."""

    def __init__(self, host: str) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.written = b""
        self._stream = pyte.ByteStream(self.screen)
        self._file, end = pty.openpty()
        size = {"LINES": str(LINES), "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moorage", "top", "--host", host],
            stdin=end,
            stdout=end,
            stderr=end,
            env=os.environ | size,
            start_new_session=True,
        )
        os.close(end)

    def until(self, shown: Callable[[str], bool]) -> str:
        """Read the terminal until its screen shows something."""
        deadline = time.monotonic() + 30
        while not shown(text := "\n".join(self.screen.display)):
            assert time.monotonic() < deadline, text
            self._read()
        return text

    def end(self) -> int:
        """Read what is still written, and return the exit status."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        try:
            data = os.read(self._file, 65536)
        except OSError:  # nobody has the other end any more
            return False
        self.written += data
        self._stream.feed(data)
        return bool(data)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(60)
        os.close(self._file)


@contextmanager
def terminal(host: str) -> Iterator[Terminal]:
    made = Terminal(host)
    try:
        yield made
    finally:
        made.close()


def test_in_a_terminal(fake: FakeEngine) -> None:
    with moorage.connect(host=fake.host) as engine, terminal(fake.host) as top:
        text = top.until(lambda text: "PIDS" in text)
        assert "at unix://" in text.splitlines()[0]
        assert "API 1.44" in text
        with engine.running("app", ["sleep", "60"], name="first"):
            with engine.running("app", ["sleep", "60"], name="second"):
                text = top.until(lambda text: "first" in text and "second" in text)
                assert "1.049MB / 1.074GB" in text
            # A container that ends leaves the table, and one that is started again comes back.
            top.until(lambda text: "second" not in text)
            engine.containers.stop("first", t=0)
            top.until(lambda text: "first" not in text)
            engine.containers.start("first")
            top.until(lambda text: "first" in text)
        top.process.send_signal(signal.SIGTERM)
        assert top.end() == INTERRUPTED
        assert b"\x1b[?1049l" in top.written  # the terminal has its lines again
        assert b"Traceback" not in top.written


def test_a_terminal_whose_engine_goes_away(fake: FakeEngine) -> None:
    with terminal(fake.host) as top:
        top.until(lambda text: "PIDS" in text)
        fake.close()
        assert top.end() == FAILED
        assert b"moorage top: " in top.written.partition(b"\x1b[?1049l")[2]
        assert b"Traceback" not in top.written
