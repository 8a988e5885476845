"""Finds a secret wherever an error could show it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

__all__ = ["CANARY", "everything", "shown"]

CANARY = "Xu7canaryQ"
_OURS = Path(__file__).parents[1]


def shown(error: BaseException, *secrets: str) -> list[str]:
    """Return what an error, its causes and the locals of their frames show of secrets.

    They are the canary where none are given.
    """
    return [each for each in everything(error) if any(one in each for one in secrets or (CANARY,))]


def everything(error: BaseException) -> Iterator[str]:
    """Yield what an error, its causes and the locals of their frames show.

    The tests' own frames hold secrets, and are left out.
    """
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield f"{each!s} {each!r} {each.__dict__}"
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if _OURS not in Path(frame.f_code.co_filename).parents:
                for name, value in frame.f_locals.items():
                    yield f"{frame.f_code.co_filename}:{frame.f_lineno} {name} {value!r}"
        queue += [each.__cause__, each.__context__]
