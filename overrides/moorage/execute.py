"""Run a command in a container, feed it, and collect what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any, Literal, NamedTuple

from moorage.environment import environment
from moorage.errors import EngineError, ExecuteTimedOut, InvalidAnswer, StreamInterrupted, TimedOut
from moorage.request import AsyncContent
from moorage.streams.session import AsyncSession, Session
from moorage.timeouts import above_zero
from moorage.transport.steps import Await, Pause, Steps
from moorage.transport.upload import Upload, opened

__all__ = ["Executed", "execute"]

_MARK = "MOORAGE_EXECUTE"
# Whatever has the mark in its environment is the command, or was started by it. No engine can kill
# what runs by exec, and the process ID that it tells is the machine's, not the container's.
_KILL = 'for p in /proc/[0-9]*; do if grep -q "$0" $p/environ; then kill -9 ${p#/proc/}; fi; done'
_KILL_SECONDS = 10.0
_PAUSES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


class Executed(NamedTuple):
    """The result of a command."""

    exit_code: int
    stdout: bytes
    """All of the output, if the command had a terminal."""
    stderr: bytes


def execute(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    content: AsyncContent | None,
    timeout: float | None,
    on_timeout: Literal["kill", "leave"],
    fields: Mapping[str, Any],
) -> Steps[Executed]:
    """Run a command, as `EngineBase.execute` does.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        cmd: The command and its arguments.
        content: The command's input.
        timeout: Seconds that it may take.
        on_timeout: Whether to kill it then, or to leave it.
        fields: The other fields of `exec.create`.
    """
    run = _Run(engine, container, cmd, content is not None, timeout, on_timeout, fields)
    # Before the command: input that can't be read needs none.
    with opened(content) as upload:
        piece = yield from upload.piece()
        return (yield from run.steps(upload, piece))


class _Run:
    """One command: what is sent for it, and its output."""

    def __init__(
        self,
        engine: Any,
        container: str,
        cmd: Sequence[str],
        attach_stdin: bool,
        timeout: float | None,
        on_timeout: Literal["kill", "leave"],
        fields: Mapping[str, Any],
    ) -> None:
        from secrets import token_hex

        if isinstance(cmd, str):
            raise TypeError("cmd is a list: ['sh', '-c', 'a shell\\'s command']")
        if on_timeout not in ("kill", "leave"):
            raise ValueError(f'on_timeout is "kill" or "leave", not {on_timeout!r}')
        above_zero("timeout", timeout)
        self.engine = engine
        self.container = container
        self.timeout = timeout
        self.deadline = None if timeout is None else monotonic() + timeout
        self.mark = f"{_MARK}={token_hex(16)}"
        self.kills = timeout is not None and on_timeout == "kill"
        self.stdout, self.stderr = BytesIO(), BytesIO()
        env = environment(fields.get("env"))
        if self.kills and (env is None or isinstance(env, list | tuple)):
            env = [*(env or ()), self.mark]
        self.tty = bool(fields.get("tty"))
        self.attach_stdin = attach_stdin
        self.config = {
            **fields,
            "cmd": [*cmd],
            "env": env,
            "attach_stdin": attach_stdin,
            "attach_stdout": True,
            "attach_stderr": True,
        }

    def steps(self, upload: Upload, piece: bytes | bytearray | memoryview) -> Steps[Executed]:
        exec_id: str | None = None
        session: Session | AsyncSession | None = None
        try:
            exec_id = yield from self._create(self.config, self._left())
            started: Session | AsyncSession = self.engine.exec.start(
                exec_id, detach=False, tty=self.tty, total_timeout=self._left()
            )
            session = started
            if self.attach_stdin:
                yield from self._feed(started, upload, piece)
            yield Await(partial(started.copy_to, self.stdout, self.stderr))
            exit_code = yield Await(started.wait)
            return Executed(exit_code, self.stdout.getvalue(), self.stderr.getvalue())
        except TimedOut as error:
            # Without a timeout of this call's own, the engine's default expired.
            if self.timeout is None:
                raise
            for frame in () if session is None else session.buffered():
                (self.stderr if frame.stream == "stderr" else self.stdout).write(frame.data)
            killed = False
            if self.kills and exec_id is not None and session is not None:
                killed = yield from self._kill(exec_id)
            raise self._timed_out(killed) from error
        finally:
            if session is not None:
                session.disconnect()

    def _create(self, config: Mapping[str, Any], timeout: float | None) -> Steps[str]:
        create = partial(self.engine.exec.create, self.container, **config, timeout=timeout)
        exec_id: str | None = (yield Await(create)).id
        if not isinstance(exec_id, str) or not exec_id:
            raise InvalidAnswer("ContainerExec: the response has no ID")
        return exec_id

    def _left(self) -> float | None:
        """Return the seconds that are left; once none are, the next wait finds out."""
        return None if self.deadline is None else max(self.deadline - monotonic(), 1e-6)

    def _feed(
        self, session: Session | AsyncSession, upload: Upload, piece: bytes | bytearray | memoryview
    ) -> Steps[None]:
        try:
            while piece:
                yield Await(partial(session.write, bytes(piece)))
                piece = yield from upload.piece()
            yield Await(session.close_write)
        except StreamInterrupted:
            # The command need not read all its input; the end of its output tells how it ended.
            pass

    def _kill(self, exec_id: str) -> Steps[bool]:
        config = {
            "cmd": ["sh", "-c", _KILL, self.mark],
            "user": "0",
            "attach_stdout": True,
            "attach_stderr": True,
        }
        try:
            killer = yield from self._create(config, _KILL_SECONDS)
            session = self.engine.exec.start(
                killer, detach=False, tty=False, total_timeout=_KILL_SECONDS
            )
            try:
                yield Await(session.read)
            finally:
                session.disconnect()
            for pause in _PAUSES:
                yield Pause(pause)
                if not (yield Await(partial(self.engine.exec.inspect, exec_id))).running:
                    return True
        except EngineError:
            pass  # The command's own timeout is what is raised.
        return False

    def _timed_out(self, killed: bool) -> ExecuteTimedOut:
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
