"""Commands that are run in a container at one go, on real engines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_41
from tests.engines.containers import container
from tests.engines.either import AGES, MODES, api_of, got, with_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.engines.conftest import EngineHost

SLEEP = ("/bin/sleep", "600")
HUGE = 64 << 20

each_mode = pytest.mark.parametrize("mode", MODES)


@each_mode
@pytest.mark.parametrize("age", AGES)
def test_what_becomes_of_a_command(
    engine_host: EngineHost, image: str, mode: str, age: str
) -> None:
    async def test(engine: Any) -> None:
        done = await got(
            engine.execute(name, ["/bin/sh", "-c", "cat; echo err >&2; exit 5"], input=b"in")
        )
        assert done[:3] == (5, b"in", b"err\n")
        # The engine reads two pipes, and which it finds first is chance.
        assert done.output in (b"inerr\n", b"err\nin")
        assert (await got(engine.execute(name, ["/bin/true"]))) == (0, b"", b"", b"")
        user = await got(engine.execute(name, ["/bin/id", "-u"], user="12", env=["A=b"]))
        assert user.stdout == b"12\n"
        tty = await got(engine.execute(name, ["/bin/sh", "-c", "test -t 1 && echo yes"], tty=True))
        assert tty == (0, b"yes\r\n", b"", b"yes\r\n")
        # A command that can't be started has an exit code too, with the reason.
        missing = await got(engine.execute(name, ["/nowhere"]))
        assert missing.exit_code in (126, 127)

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api_of(engine_host, age), engine_host.host, test)


@each_mode
def test_more_in_and_out_than_any_buffer(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        data = bytes(range(256)) * (HUGE // 256)
        done = await got(engine.execute(name, ["/bin/cat"], input=data, timeout=100))
        assert (done.exit_code, len(done.stdout)) == (0, len(data))
        # Were all of it compared, a difference would be told at length.
        same = done.stdout == data
        assert same

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_input_that_is_not_read(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        data = b"x" * (8 << 20)
        done = await got(engine.execute(name, ["/bin/sh", "-c", "head -c 3; exit 4"], input=data))
        assert done == (4, b"xxx", b"", b"xxx")

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


def test_input_of_every_kind(engine_host: EngineHost, image: str, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"abc")

    async def later() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"bc"

    async def test(engine: Any) -> None:
        with (tmp_path / "in").open("rb") as file:
            for source in (tmp_path / "in", file, [b"ab", b"c"], later()):
                done = await got(engine.execute(name, ["/bin/cat"], input=source))
                assert done.stdout == b"abc"

    with container(engine_host, image, *SLEEP) as name:
        with_engine("async", v1_41, engine_host.host, test)


@each_mode
def test_a_command_that_takes_too_long(engine_host: EngineHost, image: str, mode: str) -> None:
    async def running(engine: Any) -> bool:
        top = await got(engine.containers.top(name))
        return any("sleep 300" in " ".join(each) for each in top.processes)

    async def test(engine: Any) -> None:
        # The processes that it began are killed too.
        command = ["/bin/sh", "-c", "echo out; echo err >&2; sleep 300; true"]
        with pytest.raises(
            moorage.ExecuteTimedOut, match=r"(?s)it was killed; its last output:.*\n    out"
        ) as caught:
            await got(engine.execute(name, command, timeout=1))
        assert (caught.value.stdout, caught.value.stderr) == (b"out\n", b"err\n")
        assert caught.value.killed
        assert not await running(engine)
        with pytest.raises(moorage.ExecuteTimedOut, match="it goes on") as caught:
            await got(engine.execute(name, command, timeout=1, on_timeout="leave"))
        assert not caught.value.killed
        assert await running(engine)

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_input_that_nobody_takes_times_out(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        started = time.monotonic()
        with pytest.raises(moorage.ExecuteTimedOut):
            await got(engine.execute(name, list(SLEEP), input=b"x" * (8 << 20), timeout=1))
        assert time.monotonic() - started < 30

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_a_command_that_can_not_be_run(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        with pytest.raises(moorage.NotFound):
            await got(engine.execute("nothing", ["/bin/true"]))
        with pytest.raises(TypeError, match="cmd is a list"):
            await got(engine.execute("nothing", "true"))
        with pytest.raises(FileNotFoundError):
            await got(engine.execute("nothing", ["/bin/cat"], input="/nowhere/x"))
        with pytest.raises(ValueError, match="on_timeout"):
            await got(engine.execute("nothing", ["true"], on_timeout="explode"))

    with_engine(mode, v1_41, engine_host.host, test)
