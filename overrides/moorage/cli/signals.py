"""Signals that end a command: what it made is removed before."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from types import FrameType

__all__ = ["SIGNALS", "ignore_signals", "interruptible"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def interruptible(stack: ExitStack) -> None:
    """Make SIGTERM an interruption as Ctrl-C is one; a second one changes nothing."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise KeyboardInterrupt

    for each in SIGNALS:
        stack.callback(signal.signal, each, signal.getsignal(each))
        signal.signal(each, interrupt)


def ignore_signals() -> None:
    """Let nothing interrupt what is being removed."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
