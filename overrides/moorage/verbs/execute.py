"""Run a command in a container, send its input, and collect its output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from moorage.errors import EngineError, ExecuteTimedOut, InvalidAnswer, TimedOut
from moorage.parameters.environment import environment
from moorage.request import AsyncContent
from moorage.streams.session import AsyncSession, Session
from moorage.timeouts import above_zero
from moorage.transport.steps import Await, Pause, Steps
from moorage.transport.upload import Upload, opened
from moorage.verbs.executed import Collector, Executed, refuse_input, refuse_text
from moorage.verbs.feeding import feed

if TYPE_CHECKING:
    from moorage_api.newest import ExecuteFields

__all__ = ["execute"]

_MARK = "MOORAGE_EXECUTE"
# Processes with the mark in their environment are the command and its children. No engine can kill
# an exec, and the process ID that it reports is the machine's, not the container's.
_KILL = 'for p in /proc/[0-9]*; do if grep -q "$0" $p/environ; then kill -9 ${p#/proc/}; fi; done'
_KILL_SECONDS = 10.0
_PAUSES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


@overload
def execute(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    *,
    input: AsyncContent | None = None,
    check: bool = False,
    text: Literal[False] | None = None,
    timeout: float | None = None,
    on_timeout: Literal["kill", "leave"] = "kill",
    **fields: Unpack[ExecuteFields],
) -> Steps[Executed[bytes]]: ...
@overload
def execute(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    *,
    input: AsyncContent | None = None,
    check: bool = False,
    text: Literal[True] | str,
    timeout: float | None = None,
    on_timeout: Literal["kill", "leave"] = "kill",
    **fields: Unpack[ExecuteFields],
) -> Steps[Executed[str]]: ...
def execute(
    engine: Any,
    container: str,
    cmd: Sequence[str],
    *,
    input: AsyncContent | None = None,
    check: bool = False,
    text: bool | str | None = None,
    timeout: float | None = None,
    on_timeout: Literal["kill", "leave"] = "kill",
    **fields: Unpack[ExecuteFields],
) -> Steps[Executed[Any]]:
    """Run a command in a container that runs, and collect its output.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        cmd: The command and its arguments; no shell is between.
        input: The command's input: bytes, a path, an open binary file, or chunks. Input and output
            may be of any size. Not for commands with `tty=`.
        check: Whether an exit code other than 0 is an error.
        text: Decode the output: True as UTF-8, or by the encoding named; invalid bytes are
            replaced. By default the output is bytes.
        timeout: Seconds that the command may take; defaults to no limit.
        on_timeout: Whether to "kill" the command with all its children, or "leave" it running. To
            kill it, the container needs a shell and grep; a variable marks the processes.
        fields: The other fields of `exec.create`, e.g. `user=`, `env=`, `working_dir=`, `tty=`.

    Returns:
        The exit code and the output. All of a terminal's output is stdout.

    Raises:
        NotFound: The container does not exist.
        Conflict: The container is not running.
        RunFailed: With `check`, the exit code is not 0.
        ExecuteTimedOut: The timeout expired; the error has the output until then.
        StreamInterrupted: The connection was cut.

    POST /containers/{id}/exec and POST /exec/{id}/start.
    """
    refuse_input(fields.get("tty"), input)
    output = Collector(text)
    attach = input is not None
    command = _Command(engine, container, cmd, output, attach, timeout, on_timeout, {**fields})
    del fields  # a traceback may show them
    # Before the command: unreadable input must not start one.
    with opened(input) as upload:
        piece = yield from upload.piece()
        exit_code = yield from command.steps(upload, piece)
    if check and exit_code:
        raise output.failure(f"{cmd[0]} in {container}", exit_code)
    return output.executed(exit_code)


class _Command:
    """One command: the request for it, and its output."""

    def __init__(
        self,
        engine: Any,
        container: str,
        cmd: Sequence[str],
        output: Collector,
        attach_stdin: bool,
        timeout: float | None,
        on_timeout: Literal["kill", "leave"],
        fields: dict[str, Any],
    ) -> None:
        from secrets import token_hex

        refuse_text(cmd)
        if on_timeout not in ("kill", "leave"):
            raise ValueError(f'on_timeout is "kill" or "leave", not {on_timeout!r}')
        above_zero("timeout", timeout)
        self.engine = engine
        self.container = container
        self.timeout = timeout
        self.deadline = None if timeout is None else monotonic() + timeout
        self.mark = f"{_MARK}={token_hex(16)}"
        self.kills = timeout is not None and on_timeout == "kill"
        self.output = output
        env = environment(fields.pop("env", None))
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
        del env  # a traceback may show it
        fields.clear()

    def steps(self, upload: Upload, piece: bytes | bytearray | memoryview) -> Steps[int]:
        """Run the command, and return its exit code."""
        exec_id: str | None = None
        session: Session | AsyncSession | None = None
        try:
            exec_id = yield from self._create(self._left())
            started: Session | AsyncSession = self.engine.exec.start(
                exec_id, detach=False, tty=self.tty, total_timeout=self._left()
            )
            session = started
            if self.attach_stdin:
                yield from feed(started, upload, piece)
            yield Await(partial(started.copy_to, self.output.stdout, self.output.stderr))
            exit_code: int = yield Await(started.wait)
            return exit_code
        except TimedOut as error:
            # This call has no timeout of its own: the engine's default expired.
            if self.timeout is None:
                raise
            for frame in () if session is None else session.buffered():
                self.output.take(frame)
            killed = False
            if self.kills and exec_id is not None and session is not None:
                killed = yield from self._kill(exec_id)
            raise self._timed_out(killed) from error
        finally:
            if session is not None:
                session.disconnect()

    def _create(self, timeout: float | None) -> Steps[str]:
        def create() -> Any:  # Not a partial: its repr would show the environment in a traceback.
            return self.engine.exec.create(self.container, **self.config, timeout=timeout)

        exec_id: str | None = (yield Await(create)).id
        if not isinstance(exec_id, str) or not exec_id:
            raise InvalidAnswer("ContainerExec: the response has no ID")
        return exec_id

    def _left(self) -> float | None:
        """Return the seconds left; with none left, the next wait expires."""
        return None if self.deadline is None else max(self.deadline - monotonic(), 1e-6)

    def _kill(self, exec_id: str) -> Steps[bool]:
        self.config = {
            "cmd": ["sh", "-c", _KILL, self.mark],
            "user": "0",
            "attach_stdout": True,
            "attach_stderr": True,
        }
        try:
            killer = yield from self._create(_KILL_SECONDS)
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
            pass  # Raise the command's own timeout.
        return False

    def _timed_out(self, killed: bool) -> ExecuteTimedOut:
        fate = "it goes on"
        if killed:
            fate = "it was killed"
        elif self.kills:
            fate = "it is still running: killing it takes sh and grep in the container"
        message = f"the command in {self.container} did not end in {self.timeout:g} s; {fate}"
        return self.output.expired(message, killed=killed)
