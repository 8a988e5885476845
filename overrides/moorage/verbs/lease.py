"""A container that is removed at the end, whatever happens."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from moorage.errors import APIError, Conflict, ConnectionFailed, EngineError, NotFound
from moorage.transport.steps import Await, Pause, Steps
from moorage.verbs.create import ask, created
from moorage.verbs.specification import Specification

__all__ = ["LABEL", "Lease"]

LABEL = "moorage-lease"
"""The label of containers to remove at the end; a leftover one has lost its program."""

# Seconds the engine may take to create a container that nobody waits for any more.
_PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.5)
_SECONDS = 60.0


class Lease:
    """A container to create, and to remove.

    Attributes:
        id: The container's ID; "" before it is created.
    """

    def __init__(self, engine: Any, specification: Specification) -> None:
        from secrets import token_hex

        self.id: str = ""
        self._engine = engine
        self._token = token_hex(16)
        self._asked = False
        body = specification.body
        body.labels = {**(body.labels or {}), LABEL: self._token}

    def create(self, specification: Specification) -> Steps[str]:
        """Create the container, and return its ID."""
        self.id = yield from created(self._engine, specification, self._ask)
        return self.id

    def _ask(self, engine: Any, specification: Specification) -> Steps[str]:
        self._asked = True
        try:
            return (yield from ask(engine, specification))
        except (APIError, AttributeError, TypeError, ValueError):
            self._asked = False  # refused, or never sent: there is no container
            raise

    def remove(self) -> Steps[None]:
        """Remove the container; an interruption is raised when that is done.

        Raises:
            EngineError: The engine did not remove it.
        """
        interruption: BaseException | None = None
        for _ in range(3):
            try:
                yield from self._remove()
                break
            except GeneratorExit:
                raise  # waiting is impossible from here on
            except BaseException as error:
                if isinstance(error, Exception):
                    raise
                interruption = error
        if interruption is not None:
            raise interruption

    def _remove(self) -> Steps[None]:
        for container in (yield from self._containers()):
            containers = self._engine.containers
            # Otherwise, Podman 5 waits for the container's stop timeout, also with force.
            with suppress(NotFound, Conflict):  # it has ended
                yield Await(partial(containers.kill, container, timeout=_SECONDS))
            # Removed already, or another removal is in progress.
            with suppress(NotFound, Conflict):
                yield Await(
                    partial(containers.delete, container, force=True, v=True, timeout=_SECONDS)
                )

    def _containers(self) -> Steps[Iterable[str]]:
        if self.id or not self._asked:
            return [self.id] if self.id else []
        # The response with the ID was lost.
        for pause in _PAUSES:
            yield Pause(pause)
            found = yield Await(
                partial(
                    self._engine.containers.list,
                    all=True,
                    filters={"label": [f"{LABEL}={self._token}"]},
                    timeout=_SECONDS,
                )
            )
            if found:
                return [each.id for each in found]
        return []

    def remove_after(self, error: BaseException) -> Steps[None]:
        """Remove the container after an error, which is the one to raise."""
        try:
            yield from self.remove()
        except EngineError as failure:
            if not isinstance(error, ConnectionFailed):
                error.add_note(f"the container {self.id or self._token} may be left: {failure}")
