"""Clear the locals of a traceback's frames: error reports would show them."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType

__all__ = ["clear_locals"]

# The package itself, moorage_api too; in a copy, the copy.
_ROOT = __name__.removesuffix(".transport.clearing")


def clear_locals(error: BaseException) -> None:
    """Clear the locals of an error's frames, and of its causes'.

    Those of other packages, such as a caller's callback, stay.
    """
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            left += [each.__cause__, each.__context__]
            _clear(each.__traceback__)


def _clear(traceback: TracebackType | None) -> None:
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__", "").startswith(_ROOT):
            with suppress(RuntimeError):  # it still runs
                frame.clear()
        traceback = traceback.tb_next
