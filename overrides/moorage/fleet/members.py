"""Names and addresses of a fleet's engines before they are open, for threads and tasks alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from moorage.fleet.hosts import FleetOptions, Hosts, places

__all__ = ["MOST_EVENTS", "Members"]

MOST_EVENTS = 1_000
"""Number of buffered events at which the engines wait."""


class Members:
    """The engines of a fleet: addresses, and options for opening them."""

    def __init__(
        self,
        connect: Callable[..., Any],
        api: type | None,
        version: str | None,
        hosts: Hosts,
        contexts: Iterable[str],
        concurrency: int,
        timeout: float | None,
        options: FleetOptions,
    ) -> None:
        self._places = places(hosts, contexts)
        if not isinstance(concurrency, int) or isinstance(concurrency, bool):
            raise TypeError(f"concurrency takes an int, not {type(concurrency).__name__}")
        if concurrency < 1:
            raise ValueError(f"concurrency must be above zero, not {concurrency}")
        for name in options:
            if name not in FleetOptions.__annotations__:
                raise TypeError(f"a fleet takes no {name}=")
        self._concurrency = concurrency
        self._connect: Callable[..., Any] = partial(
            connect, api, version=version, timeout=timeout, **options
        )

    @property
    def names(self) -> list[str]:
        """The names of the engines; an address is its own name."""
        return [*self._places]
