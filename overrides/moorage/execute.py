"""Run a command in a container, feed it, and collect what it writes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from moorage.contract import AsyncContent, Content
from moorage.environment import environment
from moorage.errors import EngineError, ExecuteTimedOut, StreamInterrupted, TimedOut
from moorage.transport.content import Sent, opened

if TYPE_CHECKING:
    from moorage.streams.session import AsyncSession, Session

__all__ = ["Executed", "execute", "execute_async"]

_MARK = "MOORAGE_EXECUTE"
# Whoever has the mark in its environment is the command, or was begun by it. No engine can kill
# what runs by exec, and the process' number that it tells is the machine's, not the container's.
_KILL = 'for p in /proc/[0-9]*; do if grep -q "$0" $p/environ; then kill -9 ${p#/proc/}; fi; done'
_KILL_SECONDS = 10.0
_PAUSES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


class Executed(NamedTuple):
    """What became of a command."""

    exit_code: int
    stdout: bytes
    """All of the output, if the command had a terminal."""
    stderr: bytes


class _Run:
    """One command: what is sent for it, and what came of it."""

    def __init__(
        self,
        container: str,
        cmd: Sequence[str],
        content: AsyncContent | None,
        timeout: float | None,
        on_timeout: Literal["kill", "leave"],
        fields: Mapping[str, Any],
    ) -> None:
        if isinstance(cmd, str):
            raise TypeError("cmd is a list: ['sh', '-c', 'a shell\\'s command']")
        if on_timeout not in ("kill", "leave"):
            raise ValueError(f'on_timeout is "kill" or "leave", not {on_timeout!r}')
        self.container = container
        self.timeout = timeout
        self.mark = f"{_MARK}={secrets.token_hex(16)}"
        self.kills = timeout is not None and on_timeout == "kill"
        self.stdout, self.stderr = BytesIO(), BytesIO()
        env = environment(fields.get("env"))
        if self.kills and (env is None or isinstance(env, list | tuple)):
            env = [*(env or ()), self.mark]
        self.tty = bool(fields.get("tty"))
        self.config = {
            **fields,
            "cmd": [*cmd],
            "env": env,
            "attach_stdin": content is not None,
            "attach_stdout": True,
            "attach_stderr": True,
        }
        self.killing = {
            "cmd": ["sh", "-c", _KILL, self.mark],
            "user": "0",
            "attach_stdout": True,
            "attach_stderr": True,
        }

    def ended(self, exit_code: int) -> Executed:
        return Executed(exit_code, self.stdout.getvalue(), self.stderr.getvalue())

    def timed_out(self, session: Session | AsyncSession, killed: bool) -> ExecuteTimedOut:
        source = session._source
        if source.exchange is not None:
            for frame in source.parser.feed(source.exchange.drain()):
                (self.stderr if frame.stream == "stderr" else self.stdout).write(frame.data)
        fate = "it goes on"
        if killed:
            fate = "it was killed"
        elif self.kills:
            fate = "it goes on: to be killed, the container would need sh and grep"
        return ExecuteTimedOut(
            f"the command in {self.container} was not done in {self.timeout:g} s; {fate}",
            self.stdout.getvalue(),
            self.stderr.getvalue(),
            killed=killed,
        )


def execute(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    content: Content | None,
    timeout: float | None,
    on_timeout: Literal["kill", "leave"],
    fields: Mapping[str, Any],
) -> Executed:
    """Run a command, as `EngineBase.execute` does."""
    run = _Run(container, cmd, content, timeout, on_timeout, fields)
    # Before the command: input that can't be read needs none.
    with opened(content) as sent:
        pieces = sent.pieces()
        made = engine.exec.create(container, **run.config).id
        session = engine.exec.start(made, detach=False, tty=run.tty, total_timeout=timeout)
        try:
            with session:
                if content is not None:
                    _feed(session, pieces)
                session.copy_to(run.stdout, run.stderr)
                return run.ended(session.wait())
        except TimedOut as error:
            raise run.timed_out(session, run.kills and _kill(engine, run, made)) from error


def _feed(session: Session, pieces: Iterable[bytes | memoryview]) -> None:
    try:
        for piece in pieces:
            session.write(bytes(piece))
        session.close_write()
    except StreamInterrupted:
        pass  # It need not read all its input; whether it has ended shows where its output ends.


def _kill(engine: Any, run: _Run, made: str) -> bool:
    try:
        killer = engine.exec.create(run.container, **run.killing).id
        with engine.exec.start(
            killer, detach=False, tty=False, total_timeout=_KILL_SECONDS
        ) as session:
            session.read()
        for pause in _PAUSES:
            time.sleep(pause)
            if not engine.exec.inspect(made).running:
                return True
    except EngineError:
        pass  # What timed out is what is raised.
    return False


async def execute_async(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    content: AsyncContent | None,
    timeout: float | None,  # noqa: ASYNC109 - what is to be done then is part of the call
    on_timeout: Literal["kill", "leave"],
    fields: Mapping[str, Any],
) -> Executed:
    """Run a command, as `AsyncEngineBase.execute` does."""
    run = _Run(container, cmd, content, timeout, on_timeout, fields)
    with opened(content) as sent:
        made = (await engine.exec.create(container, **run.config)).id
        session = engine.exec.start(made, detach=False, tty=run.tty, total_timeout=timeout)
        try:
            async with session:
                if content is not None:
                    await _feed_async(session, sent)
                await session.copy_to(run.stdout, run.stderr)
                return run.ended(await session.wait())
        except TimedOut as error:
            killed = run.kills and await _kill_async(engine, run, made)
            raise run.timed_out(session, killed) from error


async def _feed_async(session: AsyncSession, sent: Sent) -> None:
    try:
        async with aclosing(sent.pieces_async()) as pieces:
            async for piece in pieces:
                await session.write(bytes(piece))
        await session.close_write()
    except StreamInterrupted:
        pass  # As in _feed.


async def _kill_async(engine: Any, run: _Run, made: str) -> bool:
    import anyio

    try:
        killer = (await engine.exec.create(run.container, **run.killing)).id
        async with engine.exec.start(
            killer, detach=False, tty=False, total_timeout=_KILL_SECONDS
        ) as session:
            await session.read()
        for pause in _PAUSES:
            await anyio.sleep(pause)
            if not (await engine.exec.inspect(made)).running:
                return True
    except EngineError:
        pass  # What timed out is what is raised.
    return False
