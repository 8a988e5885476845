"""Signals that end a command, after its objects are removed."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from types import FrameType

__all__ = ["SIGNALS", "ignore_signals", "interruptible"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def interruptible(stack: ExitStack) -> None:
    """Make SIGTERM an interruption like Ctrl-C; a second one is ignored."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise KeyboardInterrupt

    for each in SIGNALS:
        stack.callback(signal.signal, each, signal.getsignal(each))
        signal.signal(each, interrupt)


def ignore_signals() -> None:
    """Protect a removal from interruption."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
