"""Keep a forked process from using its parent's connections."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["follow"]


class _Forkable(Protocol):
    def abandon(self) -> None: ...


_followed: WeakSet[_Forkable] = WeakSet()


def follow(transport: _Forkable) -> None:
    """Call the transport's abandon in each forked process."""
    _followed.add(transport)


def _abandon() -> None:
    for each in list(_followed):
        each.abandon()


os.register_at_fork(after_in_child=_abandon)
