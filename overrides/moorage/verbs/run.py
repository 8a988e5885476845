"""Run a command in a container of its own, which is removed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from moorage.errors import EngineError, ExecuteTimedOut, TimedOut
from moorage.request import AsyncContent
from moorage.streams.session import AsyncSession, Session
from moorage.timeouts import above_zero
from moorage.transport.steps import Await, Steps
from moorage.transport.upload import Upload, opened
from moorage.verbs.executed import Collector, Executed, refuse_input
from moorage.verbs.feeding import feed
from moorage.verbs.lease import Lease
from moorage.verbs.specification import Specification

if TYPE_CHECKING:
    from moorage_api.newest import CreateFields

__all__ = ["run"]


@overload
def run(
    engine: Any,
    image: str,
    cmd: Sequence[str] | None = None,
    *,
    input: AsyncContent | None = None,
    check: bool = True,
    text: Literal[False] | None = None,
    timeout: float | None = None,
    remove: bool = True,
    **fields: Unpack[CreateFields],
) -> Steps[Executed[bytes]]: ...
@overload
def run(
    engine: Any,
    image: str,
    cmd: Sequence[str] | None = None,
    *,
    input: AsyncContent | None = None,
    check: bool = True,
    text: Literal[True] | str,
    timeout: float | None = None,
    remove: bool = True,
    **fields: Unpack[CreateFields],
) -> Steps[Executed[str]]: ...
def run(
    engine: Any,
    image: str,
    cmd: Sequence[str] | None = None,
    *,
    input: AsyncContent | None = None,
    check: bool = True,
    text: bool | str | None = None,
    timeout: float | None = None,
    remove: bool = True,
    **fields: Unpack[CreateFields],
) -> Steps[Executed[Any]]:
    """Run a command in a new container, collect its output, and remove the container.

    The container is removed whatever happens, also after cancellation and Ctrl-C. Its label
    `moorage-lease` lets `docker ps` find those whose program was killed.

    Args:
        engine: The engine, whose operations the steps call or await.
        image: The image's name or ID; a missing image is pulled.
        cmd: The command and its arguments; defaults to the image's. No shell is between.
        input: The command's input: bytes, a path, an open binary file, or chunks. Input and output
            may be of any size. Not for commands with `tty=`.
        check: Whether an exit code other than 0 is an error.
        text: Decode the output: True as UTF-8, or by the encoding named; invalid bytes are
            replaced. By default the output is bytes.
        timeout: Seconds that the command may run before it is killed; defaults to no limit.
        remove: Whether to remove the container and its anonymous volumes at the end.
        fields: The options and fields that `create` takes, e.g. `env=`, `binds=`, `memory=`.

    Returns:
        The exit code and the output. All of a terminal's output is stdout.

    Raises:
        RunFailed: With `check`, the exit code is not 0; the message ends with the last output.
        ExecuteTimedOut: The timeout expired; the error has the output until then.
        NotFound: The image does not exist.
        APIError: The container can't be created or started.
        StreamInterrupted: The connection was cut.
    """
    above_zero("timeout", timeout)
    own = {
        "attach_stdout",
        "attach_stderr",
        "attach_stdin",
        "auto_remove",
        "open_stdin",
        "stdin_once",
    }
    for name in sorted(own & fields.keys()):
        raise TypeError(f"run sets {name}= by itself: see input= and remove=")
    if remove and fields.get("restart") not in (None, "no"):
        raise TypeError("run: restart= is for containers that stay: give remove=False too")
    process = {"attach_stdout": True, "attach_stderr": True}
    if input is not None:
        process |= {"attach_stdin": True, "open_stdin": True, "stdin_once": True}
    refuse_input(fields.get("tty"), input)
    output = Collector(text)
    specification = Specification(engine, "run", image, cmd, {**fields, **process})
    del fields  # a traceback may show them
    lease = Lease(engine, specification)
    command = _Run(engine, lease, output, timeout, attach_stdin=input is not None)
    # Before the container: unreadable input must not create one.
    with opened(input) as upload:
        piece = yield from upload.piece()
        try:
            yield from lease.create(specification)
            exit_code = yield from command.steps(upload, piece)
        except GeneratorExit:
            raise  # waiting is impossible from here on
        except BaseException as error:
            if remove:
                yield from lease.remove_after(error)
            raise
        if remove:
            yield from lease.remove()
    if check and exit_code:
        raise output.failure(_named(image, cmd), exit_code)
    return output.executed(exit_code)


def _named(image: str, cmd: Sequence[str] | None) -> str:
    return f"{cmd[0]} in {image}" if cmd else f"the command of {image}"


class _Run:
    """The command of a container: its input, its output and its end."""

    def __init__(
        self,
        engine: Any,
        lease: Lease,
        output: Collector,
        timeout: float | None,
        *,
        attach_stdin: bool,
    ) -> None:
        self.engine = engine
        self.lease = lease
        self.timeout = timeout
        self.attach_stdin = attach_stdin
        self.output = output

    def steps(self, upload: Upload, piece: bytes | bytearray | memoryview) -> Steps[int]:
        """Start the container, and return its exit code."""
        deadline = None if self.timeout is None else monotonic() + self.timeout
        session: Session | AsyncSession = self.engine.containers.attach(
            self.lease.id,
            stream=True,
            stdin=self.attach_stdin,
            stdout=True,
            stderr=True,
            total_timeout=self.timeout,
        )
        try:
            # Attached before it starts: no output is missed.
            enter = session.__enter__ if isinstance(session, Session) else session.__aenter__
            yield Await(enter)
            yield Await(partial(self.engine.containers.start, self.lease.id))
            if self.attach_stdin:
                yield from feed(session, upload, piece)
            yield Await(partial(session.copy_to, self.output.stdout, self.output.stderr))
            exit_code: int = yield Await(session.wait)
            return exit_code
        except TimedOut as error:
            # This call has no timeout of its own: the engine's default expired.
            if deadline is None or monotonic() < deadline - 0.01:
                raise
            for frame in session.buffered():
                self.output.take(frame)
            killed = yield from self._kill()
            raise self._timed_out(killed) from error
        finally:
            session.disconnect()

    def _kill(self) -> Steps[bool]:
        try:
            yield Await(partial(self.engine.containers.kill, self.lease.id))
        except EngineError:
            return False  # it has ended, or its removal kills it
        return True

    def _timed_out(self, killed: bool) -> ExecuteTimedOut:
        fate = "it was killed" if killed else "it could not be killed"
        where = self.lease.id[:12]
        message = f"the command in {where} did not end in {self.timeout:g} s; {fate}"
        return self.output.expired(message, killed=killed)
