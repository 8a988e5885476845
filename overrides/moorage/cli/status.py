"""The exit statuses of all verbs."""

from __future__ import annotations

__all__ = ["CLOSED_PIPE", "DONE", "FAILED", "FOUND", "INTERRUPTED", "STATUSES"]

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
CLOSED_PIPE = 141  # a shell's status of a program that SIGPIPE ended

STATUSES = (
    "The exit status is 0 if all is well, 1 if something was found, 2 for wrong arguments and "
    "failures, 130 after Ctrl-C, and 141 if the reader of the output has gone."
)
"""Last sentence of every verb's help."""
