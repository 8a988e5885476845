"""A container that runs while a block does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack, overload

from moorage.request import AsyncContent, Content
from moorage.streams.frames import Line
from moorage.transport import threads
from moorage.transport.steps import Steps
from moorage.verbs.entering import refuse_if_entered, warn_if_never_entered
from moorage.verbs.executed import Executed
from moorage.verbs.lease import Lease

if TYPE_CHECKING:
    from moorage_api.newest import ExecuteFields

# The other verbs are imported in methods: a container need not be waited for.

__all__ = ["AsyncRunning", "Running"]

_NEVER = "engine.running(…) was never entered, so no container ran: write `with`"


class Running:
    """A container that runs while the block does; a context manager."""

    def __init__(self, engine: Any, steps: Steps[Lease]) -> None:
        self._engine = engine
        self._steps = steps
        self._lease: Lease | None = None
        self._logs: list[Any] = []

    def __del__(self) -> None:
        warn_if_never_entered(self._steps, _NEVER)

    def __enter__(self) -> Self:
        refuse_if_entered(self._steps)
        self._lease = threads.finish(self._steps)
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        for each in self._logs:
            each.close()
        if self._lease is not None:
            threads.finish(_removed(self._lease, error))

    @property
    def id(self) -> str:
        """The container's ID."""
        return _id(self._lease)

    def lines(self, encoding: str = "utf-8") -> Iterator[Line]:
        """Iterate over the lines that the container writes, from the first on, until it ends.

        Raises:
            StreamInterrupted: The connection was cut.
        """
        logs = self._engine.containers.logs(self.id, stdout=True, stderr=True, follow=True)
        self._logs.append(logs)
        lines: Iterator[Line] = logs.lines(encoding)
        return lines

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the container's end, and return its exit code.

        Raises:
            TimedOut: The timeout expired.
        """
        code: int = self._engine.containers.wait(self.id, timeout=timeout).status_code
        return code

    def wait_healthy(self, timeout: float | timedelta) -> None:
        """Wait until the container is healthy, as `engine.wait_healthy` does."""
        from moorage.verbs.wait_healthy import wait_healthy

        threads.finish(wait_healthy(self._engine, self.id, timeout))

    def port(self, private: str | int) -> tuple[str, int]:
        """Return the address at which a port is published, as `engine.port` does."""
        from moorage.verbs.port import port

        return threads.finish(port(self._engine, self.id, private))

    @overload
    def execute(
        self,
        cmd: Sequence[str],
        *,
        input: Content | None = None,
        check: bool = False,
        text: Literal[False] | None = None,
        timeout: float | None = None,
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[bytes]: ...
    @overload
    def execute(
        self,
        cmd: Sequence[str],
        *,
        input: Content | None = None,
        check: bool = False,
        text: Literal[True] | str,
        timeout: float | None = None,
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[str]: ...
    def execute(
        self,
        cmd: Sequence[str],
        *,
        input: Content | None = None,
        check: bool = False,
        text: bool | str | None = None,
        timeout: float | None = None,
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[Any]:
        """Run a command in the container, as `engine.execute` does."""
        from moorage.verbs.execute import execute

        verb: Any = execute  # `execute` has overloads
        options = {"check": check, "text": text, "timeout": timeout, "on_timeout": on_timeout}
        steps: Steps[Executed[Any]] = verb(
            self._engine, self.id, cmd, input=input, **options, **fields
        )
        del cmd, input, fields  # a traceback may show them
        return threads.finish(steps)


class AsyncRunning:
    """Asynchronous form of `Running`."""

    def __init__(self, engine: Any, steps: Steps[Lease]) -> None:
        self._engine = engine
        self._steps = steps
        self._lease: Lease | None = None
        self._logs: list[Any] = []

    def __del__(self) -> None:
        warn_if_never_entered(self._steps, _NEVER)

    async def __aenter__(self) -> Self:
        from moorage.transport.tasks import finish

        refuse_if_entered(self._steps)
        self._lease = await finish(self._steps)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        from moorage.transport.tasks import shielded

        try:
            for each in self._logs:
                await each.aclose()
        finally:
            if self._lease is not None:
                await shielded(_removed(self._lease, error))

    @property
    def id(self) -> str:
        """The container's ID."""
        return _id(self._lease)

    def lines(self, encoding: str = "utf-8") -> AsyncIterator[Line]:
        """Iterate over the lines that the container writes, as `Running.lines` does."""
        logs = self._engine.containers.logs(self.id, stdout=True, stderr=True, follow=True)
        self._logs.append(logs)
        lines: AsyncIterator[Line] = logs.lines(encoding)
        return lines

    async def wait(self, timeout: float | None = None) -> int:  # noqa: ASYNC109
        """Wait for the container's end, as `Running.wait` does."""
        code: int = (await self._engine.containers.wait(self.id, timeout=timeout)).status_code
        return code

    async def wait_healthy(self, timeout: float | timedelta) -> None:  # noqa: ASYNC109
        """Wait until the container is healthy, as `engine.wait_healthy` does."""
        from moorage.transport.tasks import finish
        from moorage.verbs.wait_healthy import wait_healthy

        await finish(wait_healthy(self._engine, self.id, timeout))

    async def port(self, private: str | int) -> tuple[str, int]:
        """Return the address at which a port is published, as `engine.port` does."""
        from moorage.transport.tasks import finish
        from moorage.verbs.port import port

        return await finish(port(self._engine, self.id, private))

    @overload
    async def execute(
        self,
        cmd: Sequence[str],
        *,
        input: AsyncContent | None = None,
        check: bool = False,
        text: Literal[False] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[bytes]: ...
    @overload
    async def execute(
        self,
        cmd: Sequence[str],
        *,
        input: AsyncContent | None = None,
        check: bool = False,
        text: Literal[True] | str,
        timeout: float | None = None,  # noqa: ASYNC109
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[str]: ...
    async def execute(
        self,
        cmd: Sequence[str],
        *,
        input: AsyncContent | None = None,
        check: bool = False,
        text: bool | str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
        on_timeout: Literal["kill", "leave"] = "kill",
        **fields: Unpack[ExecuteFields],
    ) -> Executed[Any]:
        """Run a command in the container, as `engine.execute` does."""
        from moorage.transport.tasks import finish
        from moorage.verbs.execute import execute

        verb: Any = execute  # `execute` has overloads
        options = {"check": check, "text": text, "timeout": timeout, "on_timeout": on_timeout}
        steps: Steps[Executed[Any]] = verb(
            self._engine, self.id, cmd, input=input, **options, **fields
        )
        del cmd, input, fields  # a traceback may show them
        return await finish(steps)


def _id(lease: Lease | None) -> str:
    if lease is None:
        raise RuntimeError("the container does not run yet: enter it, `with engine.running(…)`")
    return lease.id


def _removed(lease: Lease, error: BaseException | None) -> Steps[None]:
    if error is None:
        yield from lease.remove()
    else:
        yield from lease.remove_after(error)
